/// The two small pages of `/docs`, and the script that starts Swagger UI.
enum DocumentationPages {
  /// Swagger UI sets styles itself and shows pictures that are data.
  static let contentSecurityPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

  static let swagger = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Harrier: the HTTP interface</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    </head>
    <body>
    <div id="swagger-ui"></div>
    <noscript>This page needs JavaScript. The same for machines: <a href="/openapi.json">/openapi.json</a></noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/swagger-initializer.js"></script>
    </body>
    </html>

    """

  /// In a file of its own, so that the page needs no inline script. Without a validator: it would ask another host.
  static let swaggerInitializer = """
    window.ui = SwaggerUIBundle({
      url: "/openapi.json",
      dom_id: "#swagger-ui",
      deepLinking: true,
      validatorUrl: null,
      displayRequestDuration: true,
    });

    """

  static let withoutSwagger = page(
    "Harrier: the HTTP interface",
    """
    <p>The interface is described in <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1), which any OpenAPI tool
    reads.</p>
    <p>To read it here, install the files of Swagger UI with <code>scripts/setup</code>, or set
    <code>HARRIER_SWAGGER_DIR</code> to a folder that holds <code>swagger-ui-bundle.js</code>,
    <code>swagger-ui.css</code> and <code>favicon-32x32.png</code>, and start Harrier again.</p>
    """)

  private static func page(_ title: String, _ body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title)</title>
    <style>
    body { font: 16px/1.5 sans-serif; max-width: 46em; margin: 3em auto; padding: 0 1em; color: #222 }
    pre { background: #f3f3f3; padding: 1em; overflow-x: auto }
    </style>
    </head>
    <body>
    <h1>\(title)</h1>
    \(body)
    </body>
    </html>

    """
  }
}
