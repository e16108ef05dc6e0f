// The CT image on the passage page: what was found and doubted, where the files are, and their hashes.

import { Link } from "react-router";

import { passagePath } from "../api/queries.ts";
import { useMay } from "../api/site.tsx";
import type { PassagePage } from "../api/types.ts";
import { useText } from "../i18n/text.ts";
import { Findings, ImageSentences, ReviewedBy } from "../review/findings.tsx";
import { OutcomeMark } from "../review/outcome-mark.tsx";
import "../review/findings.css";
import { Fact, Part } from "./part.tsx";

export function ImagePart({ page }: { page: PassagePage }) {
  const { review: words } = useText();
  const may = useMay("see_images");
  const { scan } = page;
  const review = scan?.review ?? null;
  const media = page.media ?? [];
  const hasReport = (part: string): boolean => media.some((item) => item.kind === "report" && item.part === part);
  if (!may) return null;
  return (
    <Part
      title={words.passageImage}
      beside={
        <>
          {review ? (
            <span>
              <OutcomeMark outcome={review.outcome} /> {words.outcomes[review.outcome]}
            </span>
          ) : null}
          {scan ? (
            <Link className="push no-print" to={`/review/${page.passage_id}`}>
              {words.openReview} ▸
            </Link>
          ) : null}
        </>
      }
    >
      {scan ? null : <p className="quiet">{words.noScan}</p>}
      {review ? <Findings findings={review.findings} chosen={null} /> : null}
      {scan ? <ImageSentences review={review} doubts={scan.doubts} /> : null}
      {review ? <ReviewedBy review={review} /> : null}
      {media.length > 0 ? (
        <dl className="facts">
          {media.map((item) => (
            <Fact
              key={item.sha256}
              name={[words.fileKinds[item.kind], item.kind === "volume" ? item.part : ""].join(" ").trim()}
            >
              <code>{item.sha256}</code>
              <span className="detail">
                {item.device} · {words.fileStates[item.state]}
              </span>
            </Fact>
          ))}
          {hasReport("") || hasReport("officer") ? (
            <Fact name={words.reports}>
              <span className="no-print">
                {hasReport("") ? (
                  <a href={`${passagePath(page.passage_id)}/reports/machine`}>{words.machineReport}</a>
                ) : null}{" "}
                {hasReport("officer") ? (
                  <a href={`${passagePath(page.passage_id)}/reports/officer`}>{words.officerReport}</a>
                ) : null}
              </span>
            </Fact>
          ) : null}
        </dl>
      ) : null}
    </Part>
  );
}
