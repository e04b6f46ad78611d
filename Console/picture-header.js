/**
 * What a picture's first bytes say, so that a file that the server would refuse is not sent. The server looks closer:
 * what passes here may still be damaged further on.
 *
 * Sources: ITU-T T.81 annex B (JPEG), CIPA DC-008 (Exif), W3C PNG (Third Edition), Adobe TIFF 6.0, and the BigTIFF
 * proposal.
 *
 * @typedef {{ size: number, read(offset: number, length: number): Promise<Uint8Array> }} ByteSource
 *   `read` gives fewer bytes only at the end of the file
 * @typedef {{ format: "JPEG" | "PNG" | "TIFF", width: number, height: number }} PictureHeader
 *   `width` and `height` of the upright picture
 */

/** The contract's limits. */
export const maxFileBytes = 52_428_800;
export const minSide = 64;
export const maxSide = 8192;

/** Why a file is refused; `code` is the contract's. */
export class PictureFault extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "PictureFault";
    this.code = code;
  }
}

/**
 * @param {ByteSource} source
 * @returns {Promise<PictureHeader>}
 * @throws {PictureFault}
 */
export async function readPictureHeader(source) {
  if (source.size === 0) throw new PictureFault("INVALID_FORMAT", "The file is empty");
  const bytes = new Bytes(source);
  const format = formatOf(await bytes.at(0, Math.min(8, source.size)) ?? new Uint8Array(0));
  if (!format) throw new PictureFault("INVALID_FORMAT", "Not a JPEG, PNG or TIFF picture");
  if (source.size > maxFileBytes) {
    throw new PictureFault("FILE_TOO_LARGE",
      `${grouped(source.size)} bytes, the limit is 50 MB (${grouped(maxFileBytes)} bytes)`);
  }
  const { width, height } = await readers[format](bytes);
  if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide) {
    throw new PictureFault("INVALID_DIMENSIONS",
      `${width}x${height} pixels, allowed are ${minSide} to ${maxSide} a side`);
  }
  return { format, width, height };
}

/** @param {Uint8Array} head */
function formatOf(head) {
  const starts = (/** @type {number[]} */ ...mark) => mark.every((byte, index) => head[index] === byte);
  if (starts(0xff, 0xd8, 0xff)) return "JPEG";
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "PNG";
  for (const version of [42, 43]) {
    if (starts(0x49, 0x49, version, 0) || starts(0x4d, 0x4d, 0, version)) return "TIFF";
  }
  return null;
}

const readers = { JPEG: readJPEG, PNG: readPNG, TIFF: readTIFF };

/** @param {number} number */
function grouped(number) {
  return number.toLocaleString("en");
}

/** @param {string} problem */
function damaged(problem) {
  return new PictureFault("CORRUPTED_FILE", problem);
}

/** Numbers at any place of a file, of which one piece is kept. */
class Bytes {
  static pieceBytes = 65_536;

  #source;
  #start = 0;
  #piece = new Uint8Array(0);

  /** @param {ByteSource} source */
  constructor(source) {
    this.#source = source;
  }

  get size() {
    return this.#source.size;
  }

  /**
   * Exactly `length` bytes; null where the file has not that many.
   * @param {number} offset @param {number} length
   */
  async at(offset, length) {
    if (offset < 0 || offset + length > this.size) return null;
    if (offset < this.#start || offset + length > this.#start + this.#piece.length) {
      const wanted = Math.max(length, Math.min(Bytes.pieceBytes, this.size - offset));
      this.#piece = await this.#source.read(offset, wanted);
      this.#start = offset;
      if (this.#piece.length < length) return null;
    }
    return this.#piece.subarray(offset - this.#start, offset - this.#start + length);
  }

  /**
   * An unsigned number of 1 to 8 bytes; null behind the end. Beyond 2^53 it is not exact, and lies outside any file.
   * @param {number} offset @param {number} size @param {boolean} [isLittle]
   */
  async number(offset, size, isLittle = false) {
    const bytes = await this.at(offset, size);
    if (!bytes) return null;
    const add = (/** @type {number} */ value, /** @type {number} */ byte) => value * 256 + byte;
    return isLittle ? bytes.reduceRight(add, 0) : bytes.reduce(add, 0);
  }
}

/** Segments and bytes between them: real files have a few dozen, and each step costs time. */
const maxSteps = 65_536;
/** Frames of all kinds: baseline, progressive, lossless, with arithmetic coding. */
const frames = [0xc0, 0xc1, 0xc2, 0xc3, 0xc9, 0xca];

/**
 * Up to the first scan: the orientation may stand behind the size.
 * @param {Bytes} bytes
 */
async function readJPEG(bytes) {
  /** @type {{ width: number, height: number } | null} */
  let size = null;
  /** @type {number | null} */
  let orientation = null;
  let offset = 2;
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const mark = await bytes.number(offset, 2);
    if (mark === null) break;
    const code = mark % 256;
    if (mark < 0xff01 || code === 0xff) {
      // Fill bytes, and what programs leave between segments.
      offset += 1;
      continue;
    }
    if (code === 0x01 || (code >= 0xd0 && code <= 0xd7)) {
      offset += 2;
      continue;
    }
    if (code === 0xd9 || code === 0xda) {
      if (!size) throw damaged("The JPEG has no size before its pixels");
      return upright(size, orientation);
    }
    const length = await bytes.number(offset + 2, 2);
    if (length === null) break;
    if (frames.includes(code)) {
      const height = await bytes.number(offset + 5, 2);
      const width = await bytes.number(offset + 7, 2);
      if (!width || !height) throw damaged("The JPEG has no pixels");
      size = { width, height };
    } else if (code === 0xe1 && orientation === null) {
      orientation = await exifOrientation(bytes, offset + 4, length - 2);
    }
    offset += 2 + Math.max(2, length);
  }
  throw damaged("The JPEG ends before its pixels");
}

/**
 * The orientation in an Exif block, which is a small TIFF file; null where it is something else (XMP).
 * @param {Bytes} bytes @param {number} offset @param {number} length
 */
async function exifOrientation(bytes, offset, length) {
  const block = length > 0 ? await bytes.at(offset, length) : null;
  if (!block) return null;
  const hasMark = "Exif\0".split("").every((letter, index) => block[index] === letter.charCodeAt(0));
  if (!hasMark) return null;
  return orientationIn(block.slice(6));
}

/** @param {Uint8Array} block */
async function orientationIn(block) {
  const source = {
    size: block.length,
    read: async (/** @type {number} */ at, /** @type {number} */ count) => block.subarray(at, at + count),
  };
  try {
    return (await readDirectory(new Bytes(source))).get(tags.orientation) ?? 1;
  } catch {
    // As for other readers: a broken block says nothing.
    return 1;
  }
}

/** @param {{ width: number, height: number }} size @param {number | null} orientation */
function upright({ width, height }, orientation) {
  const isTurned = orientation !== null && orientation >= 5 && orientation <= 8;
  return isTurned ? { width: height, height: width } : { width, height };
}

/** Chunks before a PNG's pixels. */
const maxChunks = 1000;

/**
 * Up to the first chunk of pixels. Sides have the same limits, so an orientation behind the pixels matters to nobody.
 * @param {Bytes} bytes
 */
async function readPNG(bytes) {
  const width = await bytes.number(16, 4);
  const height = await bytes.number(20, 4);
  const name = await bytes.number(12, 4);
  if (!width || !height || name !== 0x49484452) throw damaged("The PNG does not begin with its header");
  let orientation = null;
  let offset = 8;
  for (let chunks = 0; chunks < maxChunks; chunks += 1) {
    const length = await bytes.number(offset, 4);
    const kind = await bytes.number(offset + 4, 4);
    if (length === null || kind === null) throw damaged("The PNG ends before its pixels");
    if (kind === 0x49444154) break;
    if (kind === 0x65584966 && length <= Bytes.pieceBytes) {
      const block = await bytes.at(offset + 8, length);
      if (block) orientation = await orientationIn(block.slice());
    }
    offset += 12 + length;
  }
  return upright({ width, height }, orientation);
}

const tags = { width: 256, height: 257, bits: 258, orientation: 274, sampleFormat: 339 };

/** @param {Bytes} bytes */
async function readTIFF(bytes) {
  const values = await readDirectory(bytes);
  const width = values.get(tags.width);
  const height = values.get(tags.height);
  if (!width || !height) throw damaged("The TIFF has no size");
  const isUnsigned = ![2, 3, 5, 6].includes(values.get(tags.sampleFormat) ?? 1);
  if (!isUnsigned || (values.get(tags.bits) ?? 1) > 16) {
    throw new PictureFault("INVALID_FORMAT",
      "Samples are not 8 or 16 bit unsigned integers; convert the picture first");
  }
  return upright({ width, height }, values.get(tags.orientation) ?? 1);
}

/**
 * Bytes of a value by its type: BYTE, SHORT, LONG, LONG8 and their relatives.
 * @type {Record<number, number>}
 */
const valueBytes = { 1: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8 };

/**
 * The first value of each tag of the first directory that is asked for.
 * @param {Bytes} bytes
 * @returns {Promise<Map<number, number>>}
 */
async function readDirectory(bytes) {
  const isLittle = (await bytes.number(0, 1)) === 0x49;
  const isBig = (await bytes.number(2, 2, isLittle)) === 43;
  const start = isBig ? await bytes.number(8, 8, isLittle) : await bytes.number(4, 4, isLittle);
  const count = start ? await bytes.number(start, isBig ? 8 : 2, isLittle) : null;
  if (!start || count === null) throw damaged("The TIFF's directory lies outside the file");
  if (count < 1 || count > 4096) throw damaged("The TIFF's directory has an impossible number of entries");
  const [entryBytes, offsetBytes] = isBig ? [20, 8] : [12, 4];
  const wanted = new Set(Object.values(tags));
  /** @type {Map<number, number>} */
  const values = new Map();
  for (let index = 0; index < count; index += 1) {
    const entry = start + (isBig ? 8 : 2) + index * entryBytes;
    const tag = await bytes.number(entry, 2, isLittle);
    const type = await bytes.number(entry + 2, 2, isLittle);
    const length = await bytes.number(entry + 4, offsetBytes, isLittle);
    if (tag === null || type === null || length === null) throw damaged("The TIFF ends inside its directory");
    // Of repeated tags the first counts.
    if (!wanted.has(tag) || values.has(tag) || length === 0) continue;
    const size = valueBytes[type];
    if (!size) continue;
    const place = entry + 4 + offsetBytes;
    const isInline = length * size <= offsetBytes;
    const at = isInline ? place : await bytes.number(place, offsetBytes, isLittle);
    const value = at === null ? null : await bytes.number(at, size, isLittle);
    if (value !== null) values.set(tag, value);
  }
  return values;
}
