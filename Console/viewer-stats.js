/** How many frames are remembered one by one. */
const maxRecent = 600;

/** What the drawing of frames has cost the main thread, in milliseconds. */
export class RenderStats {
  frames = 0;
  lastMs = 0;
  totalMs = 0;
  maxMs = 0;
  /**
   * The newest last.
   * @type {number[]}
   */
  recentMs = [];
  /** Boxes in the layer, among them some around the window. */
  boxes = 0;

  /** @param {number} ms @param {number} boxes */
  add(ms, boxes) {
    this.frames += 1;
    this.lastMs = ms;
    this.totalMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
    this.boxes = boxes;
    this.recentMs.push(ms);
    if (this.recentMs.length > maxRecent) this.recentMs.shift();
  }
}
