// Passages as they pass: new ones come in at the top, unless somebody is reading; then they are counted.

import { Button } from "antd";
import { useMemo, useRef, useState } from "react";

import { useLive } from "../api/live.ts";
import { useText } from "../i18n/text.ts";
import { Empty, Reading } from "../marks/states.tsx";
import { PassageTable } from "../passages/passage-table.tsx";
import { useKeys } from "../shell/keys.ts";
import { shownFrom } from "./fresh.ts";

export function LiveTable({ lineId }: { lineId: string }) {
  const { table: words } = useText();
  const all = useLive((live) => live.rows);
  const loaded = useLive((live) => live.loaded);
  const live = useMemo(() => all.filter((row) => row.line === lineId), [all, lineId]);
  const scroller = useRef<HTMLDivElement>(null);
  const [top, hold] = useState<string | null>(null);
  const { rows, fresh } = shownFrom(live, top);

  const holdHere = (): void => hold((held) => held ?? live[0]?.passage_id ?? null);
  const follow = (): void => {
    scroller.current?.scrollTo({ top: 0 });
    hold(null);
  };
  const letGo = (): void => {
    if ((scroller.current?.scrollTop ?? 0) === 0) hold(null);
  };
  useKeys({ Home: follow });

  return (
    <section className="live-table panel">
      <header>
        <h2>{words.live}</h2>
        <span className="fresh" aria-live="polite">
          {fresh > 0 ? (
            <Button size="small" type="link" onClick={follow} title={words.follow}>
              ↑ {words.fresh(fresh)}
            </Button>
          ) : null}
        </span>
        <span className="quiet push">{top === null ? "" : words.hold}</span>
      </header>
      <div
        className="live-rows"
        ref={scroller}
        onScroll={(event) => (event.currentTarget.scrollTop > 0 ? holdHere() : undefined)}
        onPointerEnter={holdHere}
        onPointerMove={holdHere}
        onPointerLeave={letGo}
        onFocus={holdHere}
        onBlur={letGo}
      >
        {rows.length > 0 ? <PassageTable rows={rows} caption={words.live} /> : null}
        {rows.length === 0 ? loaded ? <Empty>{words.empty}</Empty> : <Reading what={words.live} /> : null}
      </div>
    </section>
  );
}
