// All keys, on one sheet, opened with `?`.

import { Button, Modal } from "antd";

import { useText } from "../i18n/text.ts";
import type { Messages } from "../i18n/shapes.ts";
import { useKeys } from "./keys.ts";

type Group = keyof Messages["keys"]["groups"];

const SHEET: Record<Group, readonly (readonly [string, keyof Messages["keys"]["list"]])[]> = {
  everywhere: [
    ["?", "help"],
    ["1", "toLine"],
    ["2", "toPassages"],
    ["3", "toReview"],
    ["L", "language"],
    ["T", "theme"],
  ],
  line: [
    ["F", "release"],
    ["J", "stop"],
    ["↓", "next"],
    ["↑", "previous"],
    ["O", "open"],
    ["Home", "follow"],
  ],
  review: [
    ["Space", "nextCase"],
    ["F", "release"],
    ["J", "stop"],
    ["1–4", "planes"],
    ["← →", "slices"],
    ["A", "sweep"],
    ["B", "nextBox"],
    ["W", "window"],
    ["C", "colour"],
    ["M", "metal"],
    ["I", "inverse"],
    ["X", "boxes"],
    ["Z", "crop"],
    ["0", "plain"],
    ["E", "reveal"],
    ["V", "media"],
    ["G", "fetchImage"],
    ["O", "open"],
  ],
  passage: [
    ["F", "release"],
    ["J", "stop"],
    ["E", "reveal"],
    ["P", "print"],
    ["Esc", "back"],
  ],
  dialog: [
    ["1–4", "preset"],
    ["F / J", "again"],
    ["Esc", "escape"],
  ],
};

export function KeysSheet({ close }: { close: () => void }) {
  const { keys } = useText();
  useKeys({ "?": close }, "dialog");
  return (
    <Modal
      open
      transitionName=""
      maskTransitionName=""
      onCancel={close}
      closable={false}
      footer={<Button onClick={close}>{keys.close}</Button>}
      title={keys.title}
      width={960}
    >
      <div className="keys-sheet">
        {(Object.keys(SHEET) as Group[]).map((group) => (
          <section key={group}>
            <h3>{keys.groups[group]}</h3>
            <dl>
              {SHEET[group].map(([key, name]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{keys.list[name]}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="quiet">{keys.note}</p>
    </Modal>
  );
}
