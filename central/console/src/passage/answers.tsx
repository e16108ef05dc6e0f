// Who answered what, when, why, and what the line made of it.

import { AnswerSentence } from "../answer/answer-sentence.tsx";
import type { Answer } from "../api/types.ts";
import { metres } from "../format/quantity.ts";
import { timeOfDay } from "../format/time.ts";
import { useText } from "../i18n/text.ts";
import { Part } from "./part.tsx";

export function Answers({ answers }: { answers: readonly Answer[] }) {
  const { passage, answer: words } = useText();
  return (
    <Part title={passage.answers}>
      {answers.length === 0 ? <p className="quiet">{passage.noAnswers}</p> : null}
      <ul className="answers">
        {answers.map((answer) => (
          <li key={answer.answer_id}>
            <AnswerSentence answer={answer} />
            <span className="detail">
              {words.by(answer.officers.join(", "), timeOfDay(answer.issued_at))}
              {answer.reason ? ` · ${answer.reason}` : ""}
            </span>
            {answer.position_mm == null ? null : <span className="detail">{words.at(metres(answer.position_mm))}</span>}
          </li>
        ))}
      </ul>
    </Part>
  );
}
