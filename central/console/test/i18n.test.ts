// Both languages say everything: no empty word, no forgotten translation, no argument dropped.

import { describe, expect, it } from "vitest";

import { en } from "../src/i18n/en.ts";
import { span } from "../src/i18n/text.ts";
import { zh } from "../src/i18n/zh.ts";

type Leaf = string | ((...given: never[]) => string);

function* leaves(tree: object, path = ""): Generator<[string, Leaf]> {
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key;
    if (typeof value === "string" || typeof value === "function") yield [here, value as Leaf];
    else yield* leaves(value as object, here);
  }
}

const chinese = new Map(leaves(zh));
const english = new Map(leaves(en));
const HAN = /\p{Script=Han}/u;

/** Names of languages and of the product stand in the other script on purpose. */
const EITHER_SCRIPT = /^(product|header\.(otherLanguage|switchLanguage)|keys\.list\.language)$/;

describe("texts", () => {
  it("have the same keys in both languages, open tables included", () => {
    expect([...english.keys()].toSorted()).toEqual([...chinese.keys()].toSorted());
  });

  it("are never empty", () => {
    for (const [path, leaf] of [...chinese, ...english])
      if (typeof leaf === "string") expect(leaf.trim(), path).not.toBe("");
  });

  it("are translated: English holds no Chinese", () => {
    for (const [path, leaf] of english) {
      if (EITHER_SCRIPT.test(path)) continue;
      expect(typeof leaf === "string" ? leaf : leaf(...(["A", "B"] as never[])), path).not.toMatch(HAN);
    }
  });

  it("use every argument in both languages", () => {
    for (const [path, leaf] of chinese) {
      if (typeof leaf !== "function") continue;
      const given = Array.from({ length: leaf.length }, (_, index) => `argument${index}`);
      const said = [
        leaf(...(given as never[])),
        (english.get(path) as (...all: never[]) => string)(...(given as never[])),
      ];
      for (const sentence of said) for (const one of given) expect(sentence, path).toContain(one);
    }
  });

  it("offer as many reasons as there are keys to choose them", () => {
    for (const text of [zh, en]) {
      expect(text.answer.presets.release).toHaveLength(4);
      expect(text.answer.presets.stop).toHaveLength(4);
      expect(text.reveal.presets).toHaveLength(4);
    }
  });

  it("say a span in its largest unit, cut", () => {
    expect([12.9, 119, 120, 7199, 7200, 172_800].map((seconds) => span(en, seconds))).toEqual([
      "12 s",
      "119 s",
      "2 min",
      "119 min",
      "2 h",
      "2 d",
    ]);
    expect(span(zh, 61)).toBe("61 秒");
  });
});
