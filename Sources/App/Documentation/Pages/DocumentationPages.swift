/// The three small pages, and the script that starts Swagger UI.
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

  /// The page at `/`. `host` is what the client calls this server; text that is no host name is not repeated.
  static func start(host: String?) -> String {
    let host = host.flatMap { isHost($0) ? $0 : nil } ?? "HOST:8000"
    return page(
      "Harrier",
      """
      <p>Object detection in aerial and other large pictures. Version \(harrierVersion).</p>
      <ul>
      <li><a href="/docs">The HTTP interface</a>, also as <a href="/openapi.json">OpenAPI</a></li>
      <li><a href="/api/v1/models">Installed models</a></li>
      <li><a href="/health/ready">Health</a> and <a href="/metrics">metrics</a></li>
      </ul>
      <p>Upload a picture, start a job with the <code>upload_id</code> of the answer, watch the <code>job_id</code> of
      the next:</p>
      <pre>curl -F files=@picture.jpg http://\(host)/api/v1/inference/upload
      curl --json '{"upload_id": "upl_..."}' http://\(host)/api/v1/inference/predict
      curl "http://\(host)/api/v1/jobs/job_.../status?wait=30"</pre>
      """)
  }

  private static func isHost(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch Character(Unicode.Scalar(byte)) {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", ":", "[", "]": true
        default: false
        }
      }
  }

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
