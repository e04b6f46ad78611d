/**
 * What hands do on the stage.
 *
 * @typedef {import("./viewer-geometry.js").Point} Point
 * @typedef {{
 *   panBy(dx: number, dy: number): void, zoomBy(factor: number, x?: number, y?: number): void,
 *   zoomTo(factor: number, x: number, y: number): void, fit(): void, actualSize(): void,
 *   choose(at: Point, isTouch: boolean): void, point(at: Point | null): void, step(by: number): void,
 *   deselect(): boolean, pageWidth(): number, setDragging(isDragging: boolean): void
 * }} Commands points are in CSS pixels from the top left of the stage
 */

/** A hand is not still: less is a click, not a drag. */
const clickSlack = 4;
/** Two taps at one place within this are a double tap; mice have their own event, with the system's time. */
const doubleTapMs = 320;

/** @param {HTMLElement} stage @param {Commands} commands @param {AbortSignal} signal */
export function listenToHands(stage, commands, signal) {
  new Hands(stage, commands, signal);
}

class Hands {
  #stage;
  #commands;
  /**
   * Those that are down.
   * @type {Map<number, Point>}
   */
  #pointers = new Map();
  /** Whether this press has become a drag or a pinch. */
  #hasMoved = false;
  /** @type {Point} */
  #start = { x: 0, y: 0 };
  /** @type {{ at: Point, time: number } | null} */
  #lastTap = null;
  /** Of the last press: not all browsers say it with a click. */
  #isTouch = false;

  /** @param {HTMLElement} stage @param {Commands} commands @param {AbortSignal} signal */
  constructor(stage, commands, signal) {
    this.#stage = stage;
    this.#commands = commands;
    stage.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    stage.addEventListener("pointermove", (event) => this.#move(event), { signal });
    stage.addEventListener("pointerup", (event) => this.#up(event), { signal });
    stage.addEventListener("pointercancel", (event) => this.#leave(event), { signal });
    stage.addEventListener("lostpointercapture", (event) => this.#leave(event), { signal });
    stage.addEventListener("pointerleave", () => commands.point(null), { signal });
    stage.addEventListener("click", (event) => this.#click(event), { signal });
    stage.addEventListener("dblclick", (event) => this.#doubleClick(event), { signal });
    stage.addEventListener("keydown", (event) => this.#key(event), { signal });
    // Safari's own pinch would zoom the page.
    stage.addEventListener("gesturestart", (event) => event.preventDefault(), { signal });
  }

  /** @param {MouseEvent} event @returns {Point} */
  #at(event) {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { x, y } = this.#at(event);
    const unit = [1, 16, 400][event.deltaMode] ?? 1;
    // Pinches on a trackpad come as small turns of a wheel with Control; one turn of a real wheel is about 100.
    const delta = Math.max(-240, Math.min(240, event.deltaY * unit * (event.ctrlKey ? 5 : 1)));
    this.#commands.zoomBy(Math.exp(-delta * 0.002), x, y);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType === "mouse" && event.button > 1) return;
    // The middle button would scroll the page.
    if (event.button === 1) event.preventDefault();
    this.#isTouch = event.pointerType === "touch";
    const at = this.#at(event);
    if (this.#pointers.size === 0) {
      this.#hasMoved = false;
      this.#start = at;
    }
    // A third finger has nothing to say.
    if (this.#pointers.size >= 2) return;
    this.#pointers.set(event.pointerId, at);
    if (this.#pointers.size === 2) this.#hasMoved = true;
    try {
      this.#stage.setPointerCapture(event.pointerId);
    } catch {
      // It is up again already.
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#at(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") this.#commands.point(at);
      return;
    }
    if (!this.#hasMoved) {
      if (Math.hypot(at.x - this.#start.x, at.y - this.#start.y) < clickSlack) return;
      this.#hasMoved = true;
      this.#commands.point(null);
      this.#commands.setDragging(true);
    }
    if (this.#pointers.size === 1) {
      this.#commands.panBy(before.x - at.x, before.y - at.y);
    } else {
      const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1] ?? before;
      this.#pinch(before, at, other);
    }
    this.#pointers.set(event.pointerId, at);
  }

  /**
   * One finger moves while the other one rests.
   * @param {Point} before @param {Point} now @param {Point} other
   */
  #pinch(before, now, other) {
    const distance = Math.hypot(now.x - other.x, now.y - other.y);
    const distanceBefore = Math.hypot(before.x - other.x, before.y - other.y);
    this.#commands.panBy((before.x - now.x) / 2, (before.y - now.y) / 2);
    if (distance < 8 || distanceBefore < 8) return;
    this.#commands.zoomBy(distance / distanceBefore, (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const wasTap = event.pointerType === "touch" && !this.#hasMoved && this.#pointers.has(event.pointerId);
    this.#leave(event);
    if (!wasTap) return;
    const at = this.#at(event);
    const last = this.#lastTap;
    if (last && event.timeStamp - last.time < doubleTapMs && Math.hypot(at.x - last.at.x, at.y - last.at.y) < 24) {
      this.#lastTap = null;
      this.#commands.zoomTo(2, at.x, at.y);
    } else {
      this.#lastTap = { at, time: event.timeStamp };
      this.#commands.choose(at, true);
    }
  }

  /** @param {PointerEvent} event */
  #leave(event) {
    if (!this.#pointers.delete(event.pointerId) || this.#pointers.size > 0) return;
    this.#commands.setDragging(false);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    // Taps were handled as they ended; the second click of two is a zoom.
    if (this.#isTouch || this.#hasMoved || event.detail > 1) return;
    this.#commands.choose(this.#at(event), false);
  }

  /** @param {MouseEvent} event */
  #doubleClick(event) {
    if (this.#isTouch || this.#hasMoved) return;
    const { x, y } = this.#at(event);
    this.#commands.zoomTo(event.shiftKey ? 0.5 : 2, x, y);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Those with the Control key are the browser's. Brackets need AltGr in some countries: comma and full stop do not.
    const isBracket = event.key === "[" || event.key === "]";
    if ((event.ctrlKey || event.altKey || event.metaKey) && !isBracket) return;
    const far = this.#commands.pageWidth() * (event.shiftKey ? 0.8 : 0.15);
    /** @type {Record<string, () => boolean | void>} */
    const keys = {
      ArrowLeft: () => this.#commands.panBy(-far, 0),
      ArrowRight: () => this.#commands.panBy(far, 0),
      ArrowUp: () => this.#commands.panBy(0, -far),
      ArrowDown: () => this.#commands.panBy(0, far),
      "+": () => this.#commands.zoomBy(1.25),
      "=": () => this.#commands.zoomBy(1.25),
      "-": () => this.#commands.zoomBy(0.8),
      "_": () => this.#commands.zoomBy(0.8),
      "0": () => this.#commands.fit(),
      "1": () => this.#commands.actualSize(),
      "[": () => this.#commands.step(-1),
      "]": () => this.#commands.step(1),
      ",": () => this.#commands.step(-1),
      ".": () => this.#commands.step(1),
      Escape: () => this.#commands.deselect(),
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    // What did nothing here may mean something to the page.
    if (act && act() !== false) event.preventDefault();
  }
}
