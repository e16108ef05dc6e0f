// Answering a passage: first a reason, then the same key once more. Legal weight, so two steps for both answers.

import { Button, Input, Modal, Radio } from "antd";
import { useState } from "react";

import { ApiError } from "../api/client.ts";
import type { Decision, PassageRow } from "../api/types.ts";
import { tail } from "../format/quantity.ts";
import type { Messages } from "../i18n/shapes.ts";
import { useText } from "../i18n/text.ts";
import { Verdict } from "../marks/verdict.tsx";
import { useKeys } from "../shell/keys.ts";
import { Remaining } from "./remaining.tsx";
import { SecondOfficer, NOBODY, type Credentials } from "./second-officer.tsx";
import { useSend } from "./use-send.ts";

interface Props {
  row: Pick<PassageRow, "passage_id" | "line">;
  decision: Decision;
  stillAsked: boolean;
  beside?: boolean; // at the right edge, so that an image stays in view
  close: () => void;
}

const KEY: Record<Decision, string> = { release: "f", stop: "j" };
const LONGEST_REASON = 200;
const BESIDE = 324;

export function AnswerDialog({ row, decision, stillAsked, beside = false, close }: Props) {
  const text = useText();
  const words = text.answer;
  const presets = words.presets[decision];
  const [reason, setReason] = useState("");
  const [step, setStep] = useState<"reason" | "confirm">("reason");
  const [wanting, setWanting] = useState(false);
  const [second, setSecond] = useState<Credentials>(NOBODY);
  const send = useSend(row.passage_id, decision, close);
  const word = words[decision];

  const choose = (chosen: string | undefined): void => {
    if (chosen === undefined || step !== "reason") return;
    setReason(chosen);
    setStep("confirm");
  };
  const forward = (): void => {
    if (!stillAsked || send.isPending) return;
    if (step === "confirm") send.mutate({ reason: reason.trim(), second });
    else if (reason.trim() === "") setWanting(true);
    else setStep("confirm");
  };
  useKeys(
    {
      "1": () => choose(presets[0]),
      "2": () => choose(presets[1]),
      "3": () => choose(presets[2]),
      "4": () => choose(presets[3]),
      [KEY[decision]]: forward,
    },
    "dialog",
  );

  const error = send.error instanceof ApiError ? send.error : null;
  const twoNeeded = second !== NOBODY || error?.why === "two_needed";
  const gone = !stillAsked || error?.why === "not_awaited" || error?.why === "no_passage";
  return (
    <Modal
      open
      title={words.dialogTitle(word, tail(row.passage_id))}
      onCancel={close}
      closable={false}
      width={beside ? BESIDE : 520}
      mask={!beside}
      className={beside ? "answer-beside" : ""}
      {...(beside ? { style: { top: 60, right: 10, margin: "0 0 0 auto", paddingBottom: 0 } } : {})}
      transitionName=""
      maskTransitionName=""
      footer={
        <>
          <Button onClick={step === "confirm" && !gone ? () => setStep("reason") : close}>
            {step === "confirm" && !gone ? text.back : text.close}
          </Button>
          {gone ? null : (
            <Button
              variant="solid"
              color={decision === "stop" ? "danger" : "green"}
              disabled={send.isPending}
              onClick={forward}
            >
              <kbd>{KEY[decision].toUpperCase()}</kbd>{" "}
              {send.isPending ? words.sending : step === "confirm" ? words.confirm(word) : words.next}
            </Button>
          )}
        </>
      }
    >
      <p className="answer-place">
        <Verdict role={decision === "release" ? "release" : "inspect"} />{" "}
        <Remaining line={row.line} passage_id={row.passage_id} />
      </p>
      {step === "reason" ? (
        <fieldset className="answer-reasons">
          <legend>{words.reason}</legend>
          <Radio.Group value={reason} onChange={(event) => setReason(String(event.target.value))}>
            {presets.map((preset, index) => (
              <Radio key={preset} value={preset}>
                <kbd>{index + 1}</kbd> {preset}
              </Radio>
            ))}
          </Radio.Group>
          <Input
            aria-label={words.other}
            placeholder={words.other}
            maxLength={LONGEST_REASON}
            value={presets.includes(reason) ? "" : reason}
            onChange={(event) => setReason(event.target.value)}
            onPressEnter={forward}
          />
        </fieldset>
      ) : (
        <div className="answer-confirm">
          <p>
            <b>{words.confirmStep(word)}</b>
          </p>
          <p>
            {words.reason}: {reason}
          </p>
          <p className="quiet">{words.confirmNote}</p>
          {twoNeeded ? <SecondOfficer given={second} give={setSecond} /> : null}
        </div>
      )}
      <p className="answer-word" role="alert">
        {gone
          ? words.notAwaiting
          : error
            ? sentenceOf(error, text)
            : wanting && reason === ""
              ? words.reasonNeeded
              : ""}
      </p>
    </Modal>
  );
}

/** Why the answer was not taken; 400 can only be the second officer, since all else is checked here. */
function sentenceOf(error: ApiError, { answer: words, failure }: Messages): string {
  if (error.why === "two_needed") return words.twoNeeded;
  if (error.why === "line_away") return words.lineAway;
  if (error.why === "claimed") return words.claimed(error.by);
  if (error.why === "prohibited" || error.why === "exception") return words.barred[error.why];
  return error.kind === "refused" ? words.secondWrong : failure[error.kind];
}
