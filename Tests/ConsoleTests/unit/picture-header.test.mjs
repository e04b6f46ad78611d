import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { maxFileBytes, readPictureHeader } from "../../../Console/picture-header.js";

const folder = new URL("../../Fixtures/images/", import.meta.url);

/** @param {Uint8Array} bytes */
function source(bytes, size = bytes.length) {
  return { size, reads: 0, async read(offset, length) {
    this.reads += 1;
    return bytes.subarray(offset, offset + length);
  } };
}

const fixture = (name) => readFileSync(new URL(name, folder));
const fault = (bytes, size) => readPictureHeader(source(bytes, size)).then(
  (header) => assert.fail(`taken as ${JSON.stringify(header)}`), (error) => error);

test("each picture of the fixtures has the upright size that other readers give it", async () => {
  const { images } = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
  const formats = { jpg: "JPEG", png: "PNG", tif: "TIFF" };
  let count = 0;
  for (const { file, width, height, samples } of images) {
    if (!samples) continue;
    const header = await readPictureHeader(source(fixture(file)));
    assert.deepEqual(header, { format: formats[file.slice(-3)], width, height }, file);
    count += 1;
  }
  assert.ok(count > 40, `only ${count} pictures`);
});

for (const [name, code, text] of [
  ["hostile/empty.png", "INVALID_FORMAT", /empty/],
  ["hostile/gif.png", "INVALID_FORMAT", /Not a JPEG, PNG or TIFF/],
  ["hostile/text.jpg", "INVALID_FORMAT", /Not a JPEG, PNG or TIFF/],
  ["hostile/png-63x64.png", "INVALID_DIMENSIONS", /63x64 pixels, allowed are 64 to 8192/],
  ["hostile/png-50000.png", "INVALID_DIMENSIONS", /50000x50000/],
  ["hostile/jpeg-65500.jpg", "INVALID_DIMENSIONS", /65500x65500/],
  ["hostile/tiff-100000.tif", "INVALID_DIMENSIONS", /100000x100000/],
  ["hostile/tiff-offset-past-end.tif", "CORRUPTED_FILE", /outside the file/],
  ["tiff-float32.tif", "INVALID_FORMAT", /unsigned integers/],
  ["tiff-int16.tif", "INVALID_FORMAT", /unsigned integers/],
  ["tiff-uint32.tif", "INVALID_FORMAT", /unsigned integers/],
]) {
  test(`${name} is refused as ${code}`, async () => {
    const error = await fault(fixture(name));
    assert.equal(error.code, code);
    assert.match(error.message, text);
  });
}

test("50 MB are taken, a byte more is not", async () => {
  const bytes = fixture("jpeg-444.jpg");
  assert.equal((await readPictureHeader(source(bytes, maxFileBytes))).width, 96);
  const error = await fault(bytes, maxFileBytes + 1);
  assert.equal(error.code, "FILE_TOO_LARGE");
  assert.match(error.message, /52,428,801 bytes/);
});

test("a header that is cut off anywhere is damage, never a size", async () => {
  for (const name of ["jpeg-orientation-6.jpg", "png-rgb8.png", "tiff-bigtiff.tif"]) {
    const whole = fixture(name);
    for (let length = 8; length < Math.min(whole.length, 700); length += 1) {
      try {
        const { width, height } = await readPictureHeader(source(whole.subarray(0, length)));
        // The pixels may be missing, but what is said is right.
        assert.deepEqual([width, height].sort(), [72, 96], `${name} at ${length}`);
      } catch (error) {
        assert.equal(error.code, "CORRUPTED_FILE", `${name} at ${length}: ${error}`);
      }
    }
  }
});

test("a size behind a megabyte of profiles is found with few reads", async () => {
  const whole = fixture("jpeg-444.jpg");
  const remark = new Uint8Array(65_537).fill(0x20);
  remark.set([0xff, 0xe2, 0xff, 0xff]);
  const bytes = Buffer.concat([whole.subarray(0, 2), ...Array(16).fill(remark), whole.subarray(2)]);
  const reader = source(bytes);
  assert.equal((await readPictureHeader(reader)).width, 96);
  assert.ok(reader.reads <= 20, `${reader.reads} reads`);
});

test("a directory at the end of a large TIFF is found without reading what lies between", async () => {
  const whole = fixture("tiff-strips.tif");
  const isLittle = whole[0] === 0x49;
  const view = new DataView(whole.buffer, whole.byteOffset, whole.length);
  const shift = 3_000_000;
  const moved = Buffer.alloc(whole.length + shift);
  whole.copy(moved, 0, 0, 8);
  whole.copy(moved, shift);
  new DataView(moved.buffer, moved.byteOffset).setUint32(4, view.getUint32(4, isLittle) + shift, isLittle);
  const reader = source(moved);
  assert.equal((await readPictureHeader(reader)).height, 72);
  assert.ok(reader.reads <= 4, `${reader.reads} reads`);
});
