/**
 * A setting that this browser remembers. Nothing secret is kept this way.
 *
 * @template Value
 * @param {string} name
 * @param {Value} fallback used when nothing valid is kept
 * @param {(value: any) => boolean} isValid an older version may have kept something else
 * @returns {{ get(): Value, set(value: Value): void, forget(): void }}
 */
export function remembered(name, fallback, isValid) {
  const key = `harrier.${name}`;
  return {
    get() {
      try {
        const text = localStorage.getItem(key);
        if (text === null) return fallback;
        const value = JSON.parse(text);
        return isValid(value) ? value : fallback;
      } catch {
        return fallback;
      }
    },
    set(value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Full or forbidden: the page works, and forgets.
      }
    },
    forget() {
      try {
        localStorage.removeItem(key);
      } catch {
        // As above.
      }
    },
  };
}
