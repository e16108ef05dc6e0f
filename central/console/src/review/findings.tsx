// What the review of the image found, and the doubts of whose image it is; a click on a finding centres all planes on it.

import type { Finding, ImageReview, ScanDoubt } from "../api/image-types.ts";
import { kilograms, percent } from "../format/quantity.ts";
import { useText } from "../i18n/text.ts";
import { numbered } from "./numbered.ts";

interface Props {
  findings: readonly Finding[];
  chosen: number | null;
  missing?: readonly number[]; // numbers of findings not looked at yet
  choose?: (index: number) => void;
}

export function Findings({ findings, chosen, missing, choose }: Props) {
  const { review: words } = useText();
  return (
    <ol className="findings">
      {numbered(findings).map(({ one: finding, number }) => (
        <li key={number}>
          <button
            type="button"
            className="finding"
            aria-pressed={chosen === number - 1}
            disabled={!choose}
            onClick={() => choose?.(number - 1)}
          >
            <b className="finding-number">{number}</b>
            <b>{words.kinds[finding.kind]}</b>
            <span className="finding-score" title={words.score}>
              {percent(finding.score)}
            </span>
            <span className="finding-more">
              {words.categories[finding.category]} ·{" "}
              <i className={`swatch swatch-${finding.material}`} aria-hidden="true" />
              {words.materials[finding.material]} · {kilograms(finding.mass_g)} kg
              {missing?.includes(number) ? <span className="tone-doubt"> · {words.notSeen}</span> : null}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Who reviewed the image, and how likely it holds something that alarms, where the reviewer says so. */
export function ReviewedBy({ review }: { review: ImageReview }) {
  const { review: words } = useText();
  return (
    <p className="detail">
      {words.reviewedBy(review.reviewer, String(review.took_ms))}
      {review.suspicion === null ? null : ` · ${words.suspicion} ${percent(review.suspicion)}`}
    </p>
  );
}

/** Why the image cannot be judged and whose it may not be, as sentences. */
export function ImageSentences({ review, doubts }: { review: ImageReview | null; doubts: readonly ScanDoubt[] }) {
  const { review: words } = useText();
  const exception = review?.exception ? words.exceptions[review.exception] : null;
  return (
    <ul className="why">
      {exception ? (
        <li>
          <b>{exception.word}</b> {exception.sentence}
        </li>
      ) : null}
      {doubts.map((doubt) => (
        <li key={doubt}>
          <b>{words.doubts[doubt].word}</b> {words.doubts[doubt].sentence}
        </li>
      ))}
    </ul>
  );
}
