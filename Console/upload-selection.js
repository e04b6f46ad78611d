/** @typedef {"checking" | "ready" | "refused" | "uploading" | "sent" | "failed"} FileState */
/** @typedef {{ id: string, count: number, body?: string, key?: string }} Upload what the server keeps of it */

/** A file on its way to the server. */
export class ChosenFile {
  static #last = 0;

  /** @param {File} file @param {string} path */
  constructor(file, path) {
    ChosenFile.#last += 1;
    this.id = ChosenFile.#last;
    this.file = file;
    this.name = file.name;
    this.path = path;
    this.size = file.size;
    /** @type {FileState} */
    this.state = "checking";
    /** @type {import("./picture-header.js").PictureHeader | null} */
    this.picture = null;
    /**
     * Why it is refused.
     * @type {{ code: string, error: string } | null}
     */
    this.fault = null;
    this.sentBytes = 0;
    /** Whether it stands in the list; files of folders come there once they are known to be pictures. */
    this.isListed = false;
    /**
     * Where the server keeps it.
     * @type {{ upload: Upload, fileID: string } | null}
     */
    this.kept = null;
    /**
     * A small picture of it, once made.
     * @type {HTMLCanvasElement | "none" | null}
     */
    this.thumbnail = null;
  }

  /** The same file chosen twice is taken once. */
  get identity() {
    return `${this.path}\n${this.size}\n${this.file.lastModified}`;
  }
}

/** More rows than anybody looks through, and a bound for what the page keeps. */
export const maxFiles = 10_000;
/** Files that are looked at side by side. */
const maxReads = 6;
const pictureName = /\.(jpe?g|jpe|jfif|png|tiff?|btf|tf8)$/i;

/** Not needed to show the page, so it comes after it. */
export function headerReader() {
  return import("./picture-header.js");
}

/** What was left out of what was added last. */
export class Skipped {
  hidden = 0;
  unreadable = 0;
  repeated = 0;
  beyondLimit = 0;
  isCutShort = false;
  /**
   * No pictures, out of folders.
   * @type {string[]}
   */
  others = [];

  get isEmpty() {
    return !this.isCutShort && this.others.length === 0
      && this.hidden + this.unreadable + this.repeated + this.beyondLimit === 0;
  }
}

/**
 * The files that were chosen. Dispatches "list" when some come or go, and "change" with the changed ones in `detail`.
 * It lives longer than its page, so that an upload goes on while one looks at another.
 */
export class Selection extends EventTarget {
  /** @type {ChosenFile[]} */
  files = [];
  skipped = new Skipped();
  /**
   * Pictures of the job started last, which the server still has.
   * @type {ChosenFile[]}
   */
  started = [];
  /**
   * Whose they are.
   * @type {string | undefined}
   */
  owner = undefined;

  /** @type {Set<string>} */
  #identities = new Set();
  /** @type {ChosenFile[]} */
  #unread = [];
  #reads = 0;
  /** @type {Set<ChosenFile>} */
  #changed = new Set();
  #isListChanged = false;
  #isChanged = false;
  #isTelling = false;

  /** @param {import("./upload-collect.js").Collection} collection */
  add(collection) {
    this.skipped = new Skipped();
    this.skipped.hidden = collection.hidden;
    this.skipped.unreadable = collection.unreadable;
    this.skipped.isCutShort = collection.isCutShort;
    for (const { file, path, isFromFolder } of collection.found) {
      const chosen = new ChosenFile(file, path);
      if (this.#identities.has(chosen.identity)) {
        this.skipped.repeated += 1;
      } else if (this.#identities.size >= maxFiles) {
        this.skipped.beyondLimit += 1;
      } else {
        this.#identities.add(chosen.identity);
        this.#unread.push(chosen);
        // In a folder lies much that nobody means: it is listed once it turns out to be a picture.
        if (!isFromFolder || pictureName.test(file.name)) this.#list(chosen);
      }
    }
    this.#tellSoon(true);
    this.#read();
  }

  /** How many are still looked at. */
  get unread() {
    return this.#unread.length + this.#reads;
  }

  /** @param {ChosenFile} file */
  changed(file) {
    this.#changed.add(file);
    this.#tellSoon(false);
  }

  /** @param {(file: ChosenFile) => boolean} isGone */
  removeWhere(isGone) {
    const gone = new Set(this.files.filter(isGone));
    for (const file of gone) this.#identities.delete(file.identity);
    this.files = this.files.filter((file) => !gone.has(file));
    this.#unread = this.#unread.filter((file) => !gone.has(file));
    this.#tellSoon(true);
  }

  /** All but what is being sent. */
  clear() {
    this.skipped = new Skipped();
    this.#unread = [];
    this.removeWhere((file) => file.state !== "uploading");
    this.#identities = new Set(this.files.map((file) => file.identity));
  }

  /**
   * Takes those out that a job was started with, and remembers them for another one.
   * @param {ChosenFile[]} files
   */
  retire(files) {
    const all = new Set(files);
    this.removeWhere((file) => all.has(file));
    this.started = files;
  }

  /** The pictures of the last job, for one with other settings. */
  takeStarted() {
    for (const file of this.started) {
      if (this.#identities.has(file.identity)) continue;
      this.#identities.add(file.identity);
      this.#list(file);
    }
    this.started = [];
    this.#tellSoon(true);
  }

  /** @param {ChosenFile} file */
  #list(file) {
    file.isListed = true;
    this.files.push(file);
  }

  #read() {
    while (this.#reads < maxReads) {
      const file = this.#unread.shift();
      if (!file) return;
      this.#reads += 1;
      void this.#readHeader(file).catch(() => {
        // The reader could not be loaded: the server looks at each file anyway.
        file.state = "ready";
        this.changed(file);
      }).finally(() => {
        this.#reads -= 1;
        this.#read();
        this.#tellSoon(false);
      });
    }
  }

  /** @param {ChosenFile} file */
  async #readHeader(file) {
    const source = {
      size: file.size,
      read: async (/** @type {number} */ offset, /** @type {number} */ length) =>
        new Uint8Array(await file.file.slice(offset, offset + length).arrayBuffer()),
    };
    const { PictureFault, readPictureHeader } = await headerReader();
    try {
      file.picture = await readPictureHeader(source);
      file.state = "ready";
    } catch (error) {
      file.state = "refused";
      file.fault = error instanceof PictureFault
        ? { code: error.code, error: error.message }
        : { code: "UNREADABLE", error: "The file cannot be read; was it moved or deleted?" };
    }
    if (file.isListed) {
      this.changed(file);
    } else if (!this.#identities.has(file.identity)) {
      // Removed meanwhile.
    } else if (file.state === "ready") {
      this.#list(file);
      this.#tellSoon(true);
    } else {
      this.#identities.delete(file.identity);
      this.skipped.others.push(file.name);
      this.#tellSoon(false);
    }
  }

  /**
   * Thousands of changes are told together.
   * @param {boolean} isListChanged
   */
  #tellSoon(isListChanged) {
    this.#isChanged = true;
    this.#isListChanged ||= isListChanged;
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => this.tell(), 40);
  }

  /** Tells at once what has changed. */
  tell() {
    this.#isTelling = false;
    if (!this.#isListChanged && !this.#isChanged) return;
    const changed = [...this.#changed];
    const name = this.#isListChanged ? "list" : "change";
    this.#changed.clear();
    this.#isListChanged = false;
    this.#isChanged = false;
    this.dispatchEvent(new CustomEvent(name, { detail: changed }));
  }
}

export const selection = new Selection();
