// One case: its image with tools, label and clip below, papers and answer beside it; claimed while it is open.

import { useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";

import { useLive } from "../api/live.ts";
import { useImage, usePassage } from "../api/queries.ts";
import { useMay } from "../api/site.tsx";
import type { ReviewRow } from "../api/image-types.ts";
import type { PassagePage } from "../api/types.ts";
import { tail } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { Contained, Failed } from "../marks/states.tsx";
import { useKeys } from "../shell/keys.ts";
import { CaseAnswer } from "./case-answer.tsx";
import { CaseImage, NO_FINDINGS } from "./case-image.tsx";
import { CaseMedia } from "./case-media.tsx";
import { CaseSide } from "./case-side.tsx";
import { useView } from "./stage/use-view.ts";
import { useClaim, type ClaimState } from "./use-claim.ts";
import { shapeOf } from "./volume/planes.ts";
import type { Look } from "./volume/seen.ts";

export function Case({ passage_id, queued }: { passage_id: string; queued: ReviewRow | undefined }) {
  const text = useText();
  const { review: words } = text;
  const navigate = useNavigate();
  const mayAnswer = useMay("answer");
  const page = usePassage(passage_id);
  const image = useImage(passage_id);
  const row = queued ?? (page.data ? rowOf(page.data) : undefined);
  const live = useLive((state) => state.answers[passage_id]);
  const answer = live ?? page.data?.answers.findLast((one) => one.ruling !== "refused");
  const wanted = mayAnswer && row !== undefined && row.closed_at === null && answer === undefined;
  const other = queued?.claimed_by != null && !queued.claimed_by_me ? queued.claimed_by : null;
  const asked = useClaim(passage_id, wanted && other === null);
  const claim: ClaimState = other === null ? asked : { kind: "other", by: other };
  const [look, looked] = useState<Look | null>(null);
  const take = useCallback((next: Look) => looked(next), []);

  const zyx = image.data?.shape;
  const spacing_mm = image.data?.spacing_mm;
  const shape = useMemo(() => (zyx && spacing_mm ? shapeOf(zyx, spacing_mm) : null), [zyx, spacing_mm]);
  const view = useView(shape, image.data?.review?.findings ?? NO_FINDINGS);
  useKeys({ o: () => void navigate(`/passages/${passage_id}`) });

  const opened = image.data?.state === "here" && shape !== null ? look : null;
  return (
    <>
      <div className="case-middle">
        {image.isError ? (
          <div className="stage stage-empty">
            <Failed what={words.image} error={image.error} retry={() => void image.refetch()} />
          </div>
        ) : image.isPending ? (
          <div className="stage stage-empty" role="status">
            <p>{text.states.loading(words.image)}</p>
          </div>
        ) : (
          <CaseImage passage_id={passage_id} image={image.data} shape={shape} view={view} looked={take} />
        )}
        <CaseMedia passage_id={passage_id} media={page.data?.media ?? []} />
      </div>
      <div className="case-side">
        <div className="case-scroll">
          <Contained sentence={text.states.crashed}>
            {page.data ? <CaseSide page={page.data} image={image.data} view={view} look={opened} /> : null}
            {page.isPending ? <p className="state">{text.states.loading(words.case(tail(passage_id)))}</p> : null}
            {page.isError ? (
              <Failed what={words.case(tail(passage_id))} error={page.error} retry={() => void page.refetch()} />
            ) : null}
          </Contained>
        </div>
        {row && mayAnswer ? <CaseAnswer row={row} claim={claim} answer={answer} look={opened} /> : null}
        {mayAnswer ? null : <p className="case-answer panel quiet">{text.answer.denied}</p>}
      </div>
    </>
  );
}

/** A passage that is not in the queue, opened by its link: it can be looked at, and stopped while it is on the belt. */
function rowOf(page: PassagePage): ReviewRow {
  const review = page.scan?.review ?? null;
  return {
    ...page,
    remaining_mm: null,
    speed_mm_s: null,
    outcome: review?.outcome ?? null,
    exception: review?.exception ?? null,
    findings: review?.findings ?? [],
    scan_doubts: page.scan?.doubts ?? [],
    has_image: (page.scan?.volumes.length ?? 0) > 0,
    release_barred: page.awaiting_answer ? "" : "not_awaited",
    claimed_by: null,
    claimed_by_me: false,
    claimed_until: null,
  };
}
