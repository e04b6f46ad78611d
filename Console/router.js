/**
 * Where the user is: `#/jobs/job_x?file=img_y`. All of it is in the fragment, so that a link can be shared and the
 * server needs one page.
 * @typedef {{ path: string[], query: URLSearchParams, text: string }} Route
 */

/** @returns {Route} */
export function currentRoute() {
  const text = location.hash.replace(/^#\/?/, "");
  const [path, query] = text.split("?", 2);
  return {
    path: path.split("/").filter((part) => part !== "").map(decoded),
    query: new URLSearchParams(query ?? ""),
    text,
  };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Goes to another page: `navigate("#/jobs")`.
 * @param {string} hash
 */
export function navigate(hash) {
  location.hash = hash;
}

/**
 * Says in the address what is looked at now; the page stays, and so does the way back. `null` takes a value away.
 * @param {Record<string, string | null>} values
 */
export function replaceQuery(values) {
  const route = currentRoute();
  for (const [name, value] of Object.entries(values)) {
    if (value === null) route.query.delete(name);
    else route.query.set(name, value);
  }
  const query = route.query.toString();
  const path = route.path.map(encodeURIComponent).join("/");
  history.replaceState(null, "", `#/${path}${query ? `?${query}` : ""}`);
}
