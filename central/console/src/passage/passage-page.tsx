// One passage on one printable page: the verdict and why, what it rested on, papers, course, answers, proof.

import { Button } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { AnswerDialog } from "../answer/answer-dialog.tsx";
import { Remaining } from "../answer/remaining.tsx";
import { usePassage } from "../api/queries.ts";
import { useLine, useMay } from "../api/site.tsx";
import type { Decision, PassagePage } from "../api/types.ts";
import { tail } from "../format/quantity.ts";
import { dateAndTime } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { Contained, Failed, Reading } from "../marks/states.tsx";
import { useKeys } from "../shell/keys.ts";
import { Answers } from "./answers.tsx";
import { Chain } from "./chain.tsx";
import { EvidencePart } from "./evidence.tsx";
import { GoodsPart } from "./goods.tsx";
import { ImagePart } from "./image-part.tsx";
import { PapersPart } from "./papers.tsx";
import { Timeline } from "./timeline.tsx";
import { VerdictPart } from "./verdict-part.tsx";
import "./passage.css";

export default function PassageRoute() {
  const { passage: id = "" } = useParams();
  const { passage: words } = useText();
  const page = usePassage(id);
  if (page.isPending) return <Reading what={words.what} />;
  if (page.isError) return <Failed what={words.what} error={page.error} retry={() => void page.refetch()} />;
  return <Page key={id} page={page.data} />;
}

function Page({ page }: { page: PassagePage }) {
  const text = useText();
  const navigate = useNavigate();
  const back = (): void => void navigate(-1);
  useKeys({ p: () => window.print(), Escape: back });
  return (
    <article className="passage">
      <header className="passage-head">
        <Button className="no-print" onClick={back}>
          {text.back} <kbd>Esc</kbd>
        </Button>
        <h1>{text.passage.title(tail(page.passage_id))}</h1>
        <span className="quiet">
          {page.passage_id} · {dateAndTime(page.inducted_at)}
        </span>
        <AnswerKeys page={page} />
        <Button className="no-print push" onClick={() => window.print()}>
          {text.passage.print} <kbd>P</kbd>
        </Button>
      </header>
      <Contained sentence={text.states.crashed}>
        <div className="passage-columns">
          <div>
            <VerdictPart page={page} />
            <EvidencePart page={page} />
            <ImagePart page={page} />
            <Timeline page={page} />
          </div>
          <div>
            <PapersPart page={page} />
            <GoodsPart goods={page.goods} />
            <Answers answers={page.answers} />
            <Chain page={page} />
          </div>
        </div>
      </Contained>
    </article>
  );
}

/** The answer keys, while the passage still awaits an answer and this person may give one. */
function AnswerKeys({ page }: { page: PassagePage }) {
  const { answer: words } = useText();
  const line = useLine(page.line);
  const mayAnswer = useMay("answer");
  const [decision, decide] = useState<Decision | null>(null);
  const navigate = useNavigate();
  const asked = page.awaiting_answer && mayAnswer && line !== undefined;
  const alarmed = page.image_outcome === "alarm"; // a release needs a look at the image first
  const answer = (given: Decision): void => {
    if (!asked) return;
    if (given === "release" && alarmed) void navigate(`/review/${page.passage_id}`);
    else decide(given);
  };
  useKeys({ f: () => answer("release"), j: () => answer("stop") });
  return (
    <>
      {asked ? (
        <span className="passage-answer no-print">
          <Remaining line={page.line} passage_id={page.passage_id} />
          <Button variant="outlined" color={alarmed ? "default" : "green"} onClick={() => answer("release")}>
            <kbd>F</kbd> {alarmed ? words.lookFirst : words.release}
          </Button>
          <Button danger onClick={() => answer("stop")}>
            <kbd>J</kbd> {words.stop}
          </Button>
        </span>
      ) : null}
      {decision ? (
        <AnswerDialog row={page} decision={decision} stillAsked={page.awaiting_answer} close={() => decide(null)} />
      ) : null}
    </>
  );
}
