// Right of the image: why the case was raised, what was found, what agrees and what does not, goods and papers.

import { Link } from "react-router";

import type { PassageImage } from "../api/image-types.ts";
import type { PassagePage } from "../api/types.ts";
import { kilograms, money } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { Weights } from "../passage/evidence.tsx";
import { PapersPart } from "../passage/papers.tsx";
import { Fact, Part } from "../passage/part.tsx";
import { Findings, ImageSentences, ReviewedBy } from "./findings.tsx";
import { OutcomeMark } from "./outcome-mark.tsx";
import { metalOnly, type View } from "./stage/use-view.ts";
import type { Look } from "./volume/seen.ts";

interface Props {
  page: PassagePage;
  image: PassageImage | undefined;
  view: View;
  look: Look | null;
}

export function CaseSide({ page, image, view, look }: Props) {
  const text = useText();
  const { review: words } = text;
  const review = image?.review ?? page.scan?.review ?? null;
  const doubts = image?.doubts ?? page.scan?.doubts ?? [];
  return (
    <>
      <Part
        title={words.why}
        beside={
          <Link className="push" to={`/passages/${page.passage_id}`}>
            <kbd>O</kbd> {words.openPassage}
          </Link>
        }
      >
        <ul className="why">
          {page.reasons.map((reason) => (
            <li key={reason}>
              <b>{text.reasons[reason]?.word ?? reason}</b> {text.reasons[reason]?.sentence}
            </li>
          ))}
        </ul>
        <ImageSentences review={review} doubts={doubts} />
      </Part>
      <Part
        title={words.found}
        beside={
          <span>
            <OutcomeMark outcome={review?.outcome ?? null} /> {words.outcomes[review?.outcome ?? "none"]}
          </span>
        }
      >
        {review && review.findings.length > 0 ? (
          <Findings
            findings={review.findings}
            chosen={look ? view.state.chosen : null}
            missing={look?.findings ?? []}
            {...(look ? { choose: view.choose } : {})}
          />
        ) : (
          <p className="quiet">{words.nothingFound}</p>
        )}
        {metalOnly(view.state.look.strip) ? <p className="tone-doubt">{words.stripped}</p> : null}
        {review ? <ReviewedBy review={review} /> : null}
      </Part>
      <Comparisons page={page} image={image} />
      <Part title={text.passage.goods}>
        {page.goods.length === 0 ? <p className="quiet">{text.passage.noGoods}</p> : null}
        <ul className="goods-short">
          {page.goods.map((line, index) => (
            // lines have no identity of their own, and the list never changes order
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index}>
              <b>{line.name}</b>
              <span>
                ×{line.quantity} {line.unit}
              </span>
              <span className="quiet">{line.origin}</span>
              <span className="push">{money(line.value, line.currency)}</span>
            </li>
          ))}
        </ul>
      </Part>
      <PapersPart page={page} />
    </>
  );
}

/** What was measured against what was declared, and the image against eye and scale. */
function Comparisons({ page, image }: { page: PassagePage; image: PassageImage | undefined }) {
  const text = useText();
  const { review: words } = text;
  const review = image?.review ?? page.scan?.review;
  const doubts = image?.doubts ?? page.scan?.doubts ?? [];
  const eye_mm = page.evidence?.length_mm ?? null;
  const scale_g = page.evidence?.weight_g ?? page.weight_g;
  return (
    <Part title={words.comparisons}>
      <dl className="facts">
        <Weights page={page} />
        <Fact name={words.imageMass}>
          <Compared
            value={review?.mass_g == null ? null : `${kilograms(review.mass_g)} kg`}
            other={scale_g}
            differs={doubts.includes("mass_differs")}
            against={words.againstScale}
          />
        </Fact>
        <Fact name={words.eyeLength}>{eye_mm === null ? "–" : `${eye_mm} mm`}</Fact>
        <Fact name={words.imageLength}>
          <Compared
            value={review?.length_mm == null ? null : `${Math.round(review.length_mm)} mm`}
            other={eye_mm}
            differs={doubts.includes("length_differs")}
            against={words.againstEye}
          />
        </Fact>
      </dl>
    </Part>
  );
}

interface ComparedProps {
  value: string | null;
  other: number | null;
  differs: boolean;
  against: string;
}

function Compared({ value, other, differs, against }: ComparedProps) {
  const { passage: words } = useText();
  if (value === null) return "–";
  return (
    <>
      <b>{value}</b>
      {differs ? <span className="mark-differs">≠ {against}</span> : null}
      {!differs && other !== null ? <span className="mark-agrees">✓ {words.agrees}</span> : null}
    </>
  );
}
