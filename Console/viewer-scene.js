import { classColour } from "./colours.js";
import { className, confidence } from "./format.js";
import { BoxIndex } from "./viewer-index.js";

/**
 * What is drawn of the boxes. By box: its colour, 1 where a rule changed it, 1 where the page says something of it, and
 * what is written at it.
 * @typedef {{ index: BoxIndex, colours: string[], changed: Uint8Array, noted: Uint8Array,
 *   label: (box: number) => string }} Scene
 */

/** @param {readonly import("./viewer-index.js").Detection[]} detections @returns {Scene} */
export function sceneOf(detections) {
  return {
    index: new BoxIndex(detections),
    colours: detections.map((it) => classColour(it.class_id)),
    changed: Uint8Array.from(detections, (it) => (it.reasoning ? 1 : 0)),
    noted: Uint8Array.from(detections, (it) => (it.note ? 1 : 0)),
    label(box) {
      const { class_name: name, confidence: value, note } = detections[box];
      return `${className(name)} ${confidence(value)}${note ? `, ${note}` : ""}`;
    },
  };
}
