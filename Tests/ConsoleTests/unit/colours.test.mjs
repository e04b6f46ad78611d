import assert from "node:assert/strict";
import { test } from "node:test";
import { classColour, textColourOn } from "../../../Console/colours.js";

test("a class has its colour, also when there are more classes than colours", () => {
  assert.equal(classColour(0), "#e69f00");
  assert.equal(classColour(16), classColour(0));
  assert.equal(classColour(-1), classColour(15));
});

/** WCAG 2.2, "relative luminance". @param {string} colour */
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("text on a class's colour has the contrast that WCAG AA asks for", () => {
  for (let id = 0; id < 16; id += 1) {
    const [low, high] = [luminance(classColour(id)), luminance(textColourOn(classColour(id)))]
      .sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    assert.ok(contrast >= 4.5, `${textColourOn(classColour(id))} on ${classColour(id)}: ${contrast.toFixed(2)}`);
  }
});
