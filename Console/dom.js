/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Child | Child[]} Children
 */

/**
 * Makes an element. Text becomes text nodes, never markup: file names come from strangers.
 *
 * Properties: `class`, `data` (an object for `dataset`), `on` (listeners by event), `style` (CSS properties by name);
 * `true` sets an empty attribute, `false`, `null` and `undefined` none; anything else is an attribute, but for `value`,
 * `checked`, `disabled`, `selected`, `indeterminate`, `open` and `hidden`, which are properties of the element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

const liveProperties = new Set([
  "value", "checked", "disabled", "selected", "indeterminate", "open", "hidden",
]);

/** @param {HTMLElement} element @param {string} name @param {any} value */
function set(element, name, value) {
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "data") {
    for (const [key, text] of Object.entries(value)) element.dataset[key] = String(text);
  } else if (name === "style") {
    for (const [key, text] of Object.entries(value)) element.style.setProperty(key, String(text));
  } else if (name === "class") {
    element.className = value;
  } else if (liveProperties.has(name)) {
    if (value !== undefined && value !== null) /** @type {any} */ (element)[name] = value;
  } else if (value === true) {
    element.setAttribute(name, "");
  } else if (value !== false && value !== null && value !== undefined) {
    element.setAttribute(name, String(value));
  }
}

/** @param {Node} parent @param {Children[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Puts `children` where the element's children were.
 * @param {Element} parent
 * @param {...Children} children
 */
export function replace(parent, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  parent.replaceChildren(fragment);
}

/**
 * Tells those who listen rather than look.
 * @param {string} text
 */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

let lastID = 0;

/**
 * An id for a label and what it labels.
 * @param {string} prefix
 */
export function uniqueID(prefix) {
  lastID += 1;
  return `${prefix}-${lastID}`;
}

/**
 * Waits; ends early, by the signal's reason, when `signal` is aborted.
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    function stop() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Returns when the page is looked at: nothing need be read for a tab in the background.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function visible(signal) {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      done.abort();
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    document.addEventListener("visibilitychange", look, { signal: done.signal });
    signal.addEventListener("abort", look, { signal: done.signal });
    look();
  });
}
