// Asking for personal data in full: the reason comes first, and the dialog says that it is recorded.

import { useMutation } from "@tanstack/react-query";
import { Button, Input, Modal, Radio } from "antd";
import { useState } from "react";

import { ApiError } from "../api/client.ts";
import { useText } from "../i18n/text.ts";
import { useKeys } from "../shell/keys.ts";

const LONGEST_REASON = 200;

interface Props<T> {
  note: string; // what will be shown, and that it is recorded
  reveal: (reason: string) => Promise<T>;
  close: () => void;
  shown: (revealed: T) => void;
}

export function RevealDialog<T>({ note, reveal, close, shown }: Props<T>) {
  const text = useText();
  const words = text.reveal;
  const [reason, setReason] = useState("");
  const ask = useMutation({
    mutationFn: () => reveal(reason.trim()),
    onSuccess: (revealed) => {
      shown(revealed);
      close();
    },
  });
  const ready = reason.trim() !== "" && !ask.isPending;
  const send = (): void => (ready ? ask.mutate() : undefined);
  const preset = (index: number) => (): void => setReason(words.presets[index] ?? reason);
  useKeys({ "1": preset(0), "2": preset(1), "3": preset(2), "4": preset(3), e: send }, "dialog");
  return (
    <Modal
      open
      title={words.title}
      onCancel={close}
      closable={false}
      width={480}
      transitionName=""
      maskTransitionName=""
      footer={
        <>
          <Button onClick={close}>{text.cancel}</Button>
          <Button type="primary" disabled={!ready} onClick={send}>
            <kbd>E</kbd> {ask.isPending ? words.working : words.confirm}
          </Button>
        </>
      }
    >
      <p>{note}</p>
      <fieldset className="answer-reasons">
        <legend>{words.reason}</legend>
        <Radio.Group value={reason} onChange={(event) => setReason(String(event.target.value))}>
          {words.presets.map((one, index) => (
            <Radio key={one} value={one}>
              <kbd>{index + 1}</kbd> {one}
            </Radio>
          ))}
        </Radio.Group>
        <Input
          aria-label={words.other}
          placeholder={words.other}
          maxLength={LONGEST_REASON}
          value={words.presets.includes(reason) ? "" : reason}
          onChange={(event) => setReason(event.target.value)}
          onPressEnter={send}
        />
      </fieldset>
      <p className="answer-word" role="alert">
        {ask.error instanceof ApiError ? text.failure[ask.error.kind] : ""}
      </p>
    </Modal>
  );
}
