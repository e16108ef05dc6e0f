// Below the image: the label's still, pixelated, and the clip; in the open only after a reason, which is recorded.

import { EyeInvisibleOutlined, EyeOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { useEffect, useState } from "react";

import { ApiError, post, revealFile } from "../api/client.ts";
import { keys, passagePath } from "../api/queries.ts";
import { useMay } from "../api/site.tsx";
import type { MediaItem } from "../api/image-types.ts";
import { dateAndTime, timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { RevealDialog } from "../passage/reveal-dialog.tsx";
import { useKeys } from "../shell/keys.ts";

interface Opened {
  urls: Readonly<Record<string, string>>; // object URL by SHA-256
  at: string;
}

export function CaseMedia({ passage_id, media }: { passage_id: string; media: readonly MediaItem[] }) {
  const text = useText();
  const { review: words } = text;
  const may = useMay("reveal_papers");
  const [asking, ask] = useState(false);
  const [opened, open] = useState<Opened | null>(null);
  const pictures = media.filter(({ kind }) => kind === "still" || kind === "clip");
  const ready = pictures.filter(({ state }) => state === "here");
  useEffect(() => {
    if (!opened) return undefined;
    return () => {
      for (const url of Object.values(opened.urls)) URL.revokeObjectURL(url);
    };
  }, [opened]);

  const toggle = (): void => {
    if (opened) open(null);
    else if (may && ready.length > 0) ask(true);
  };
  useKeys({ v: toggle });

  return (
    <section className="case-media panel" aria-label={words.media}>
      <header>
        <h2>{words.media}</h2>
        <Button
          size="small"
          icon={opened ? <EyeInvisibleOutlined /> : <EyeOutlined />}
          disabled={!may || (ready.length === 0 && !opened)}
          onClick={toggle}
          title={may ? undefined : text.reveal.denied}
        >
          {opened ? text.reveal.hide : words.mediaReveal} <kbd>V</kbd>
        </Button>
        <p className="revealed tone-doubt" role="status">
          {opened ? text.reveal.shown(timeOfDay(opened.at)) : ""}
        </p>
        {pictures.length === 0 ? <p className="quiet">{words.mediaNone}</p> : null}
      </header>
      {pictures.map((item) => (
        <Picture key={item.sha256} passage_id={passage_id} item={item} url={opened?.urls[item.sha256]} />
      ))}
      {asking ? (
        <RevealDialog
          note={words.mediaNote}
          reveal={(reason) => revealAll(passage_id, ready, reason)}
          close={() => ask(false)}
          shown={open}
        />
      ) : null}
    </section>
  );
}

/** Each file is asked for by itself, and each look is recorded. */
async function revealAll(passage_id: string, items: readonly MediaItem[], reason: string): Promise<Opened> {
  const opened = await Promise.all(
    items.map(async ({ sha256 }) => {
      const blob = await revealFile(`${passagePath(passage_id)}/media/${sha256}/reveal`, { reason });
      return [sha256, URL.createObjectURL(blob)] as const;
    }),
  );
  return { urls: Object.fromEntries(opened), at: new Date().toISOString() };
}

function Picture({ passage_id, item, url }: { passage_id: string; item: MediaItem; url: string | undefined }) {
  const { review: words } = useText();
  const [large, enlarge] = useState(false);
  const still = item.kind === "still";
  return (
    <figure className={`medium medium-${item.kind}`}>
      <div className="medium-frame">
        {item.state !== "here" ? (
          <Fetch passage_id={passage_id} item={item} />
        ) : url === undefined ? (
          still ? (
            <img src={`${passagePath(passage_id)}/media/${item.sha256}/masked`} alt={words.still} />
          ) : (
            <p className="medium-word">{words.clipMasked}</p>
          )
        ) : still ? (
          <button type="button" className="medium-open" onClick={() => enlarge(true)} title={words.enlargeStill}>
            <img src={url} alt={words.still} />
          </button>
        ) : (
          // the belt's camera records no sound
          // oxlint-disable-next-line jsx-a11y/media-has-caption
          <video src={url} controls autoPlay loop muted />
        )}
      </div>
      <figcaption>
        {still ? words.still : words.clip}{" "}
        <span className="quiet">
          {item.device} · {dateAndTime(item.recorded_at)}
        </span>
      </figcaption>
      {large && url !== undefined ? (
        <Modal
          open
          footer={null}
          width="76vw"
          onCancel={() => enlarge(false)}
          title={words.still}
          transitionName=""
          maskTransitionName=""
        >
          <img className="medium-large" src={url} alt={words.still} />
        </Modal>
      ) : null}
    </figure>
  );
}

/** Still at the line: asked for by name, and shown when it has come. */
function Fetch({ passage_id, item }: { passage_id: string; item: MediaItem }) {
  const text = useText();
  const { review: words } = text;
  const client = useQueryClient();
  const fetching = useMutation({
    mutationFn: () => post<MediaItem[]>(`${passagePath(passage_id)}/media/fetch`, { sha256s: [item.sha256] }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.passage(passage_id) }),
  });
  const error = fetching.error instanceof ApiError ? fetching.error : null;
  if (item.state === "fetching") return <p className="medium-word">{words.mediaFetching}</p>;
  return (
    <div className="medium-word">
      <p>{words.mediaAtEdge}</p>
      <Button size="small" disabled={fetching.isPending} onClick={() => fetching.mutate()}>
        {fetching.isPending ? words.fetchAsking : words.fetch}
      </Button>
      <p className="tone-doubt" role="alert">
        {error ? (error.why === "line_away" ? words.fetchLineAway : text.failure[error.kind]) : ""}
      </p>
    </div>
  );
}
