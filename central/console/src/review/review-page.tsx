// The review of images (同屏比对): the queue, one case's image with its tools, and papers beside it.

import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { useLive } from "../api/live.ts";
import { useText } from "../i18n/text.ts";
import { Contained } from "../marks/states.tsx";
import { useKeys } from "../shell/keys.ts";
import "../passage/passage.css";
import { Case } from "./case.tsx";
import { nextOf } from "./queue.ts";
import { QueueList, useQueue } from "./queue-list.tsx";
import "./findings.css";
import "./review.css";
import "./stage/stage.css";

export default function ReviewRoute() {
  const { passage: current = "" } = useParams();
  const text = useText();
  const { review: words } = text;
  const navigate = useNavigate();
  const known = useLive((live) => live.reviews !== null);
  const [pointed, point] = useState(false);
  const shown = useQueue(pointed, current);
  const next = nextOf(shown, current);
  useKeys({ " ": () => (next === null ? undefined : void navigate(`/review/${next}`)) });
  return (
    <div className="review-page">
      <QueueList shown={shown} current={current} known={known} point={point} />
      {current === "" ? (
        <div className="case-middle case-none">
          <div className="stage stage-empty">
            <p>
              <b>{next === null ? words.noneWaiting : words.takeOne}</b>
            </p>
            <p>{next === null ? words.noneWaitingNote : <kbd>{words.space}</kbd>}</p>
          </div>
        </div>
      ) : (
        <Contained sentence={text.states.crashed} key={current}>
          <Case passage_id={current} queued={shown.find(({ row }) => row.passage_id === current)?.row} />
        </Contained>
      )}
    </div>
  );
}
