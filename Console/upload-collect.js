/**
 * Files out of drops, folders, dialogs and the clipboard.
 *
 * @typedef {{ file: File, path: string, isFromFolder: boolean }} Found `path` begins with the folder's name
 * @typedef {{ found: Found[], hidden: number, unreadable: number, isCutShort: boolean }} Collection
 *   `hidden`: files and folders that systems keep out of sight; `isCutShort`: there was more than is taken at once
 */

const maxFound = 20_000;
const maxDepth = 32;
/** Names of files and folders that systems and programs leave in folders of pictures. */
const litter = new Set([
  "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin",
  "system volume information", "icon\r",
]);
const order = new Intl.Collator("en", { numeric: true });

/** @returns {Collection} */
function nothing() {
  return { found: [], hidden: 0, unreadable: 0, isCutShort: false };
}

/** @param {string} name */
function isHidden(name) {
  return name.startsWith(".") || litter.has(name.toLowerCase());
}

/**
 * What was dropped or pasted, with all that is in folders. The browser forgets the items when its event is over, so
 * this looks at them before it waits.
 * @param {DataTransfer} transfer
 * @returns {Promise<Collection>}
 */
export async function collectTransfer(transfer) {
  const collection = nothing();
  /** @type {FileSystemEntry[]} */
  const entries = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) collection.found.push({ file, path: file.name, isFromFolder: false });
  }
  for (const entry of entries) await visit(entry, "", 0, collection);
  return collection;
}

/**
 * What was chosen in a dialog.
 * @param {FileList} files
 * @returns {Collection}
 */
export function collectList(files) {
  const collection = nothing();
  const sorted = [...files].sort((left, right) => order.compare(pathOf(left), pathOf(right)));
  for (const file of sorted) {
    const isFromFolder = file.webkitRelativePath !== "";
    // The folder itself was chosen, whatever its name is.
    if (isFromFolder && pathOf(file).split("/").slice(1).some(isHidden)) collection.hidden += 1;
    else if (collection.found.length >= maxFound) collection.isCutShort = true;
    else collection.found.push({ file, path: pathOf(file), isFromFolder });
  }
  return collection;
}

/** @param {File} file */
function pathOf(file) {
  return file.webkitRelativePath || file.name;
}

/**
 * @param {FileSystemEntry} entry @param {string} folder @param {number} depth @param {Collection} collection
 * @returns {Promise<void>}
 */
async function visit(entry, folder, depth, collection) {
  if (collection.found.length >= maxFound || depth > maxDepth) {
    collection.isCutShort = true;
    return;
  }
  if (depth > 0 && isHidden(entry.name)) {
    collection.hidden += 1;
    return;
  }
  const path = folder + entry.name;
  try {
    if (entry.isDirectory) {
      const children = await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry));
      for (const child of children) await visit(child, `${path}/`, depth + 1, collection);
    } else {
      const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
      collection.found.push({ file, path, isFromFolder: depth > 0 });
    }
  } catch {
    // No right to read it, or it is gone already.
    collection.unreadable += 1;
  }
}

/**
 * @param {FileSystemDirectoryEntry} directory
 * @returns {Promise<FileSystemEntry[]>}
 */
async function childrenOf(directory) {
  const reader = directory.createReader();
  /** @type {FileSystemEntry[]} */
  const children = [];
  // Browsers give a hundred at a time, and none when all were given.
  while (children.length < maxFound) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    children.push(...some);
  }
  return children.sort((left, right) => order.compare(left.name, right.name));
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
