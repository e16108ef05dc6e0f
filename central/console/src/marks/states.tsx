// The designed states of a part of a screen: reading, failed, empty. Each says what is missing and what one can do.

import { Button } from "antd";
import { Component, type ReactNode } from "react";

import { ApiError } from "../api/client.ts";
import { useText } from "../i18n/text.ts";

export function Reading({ what }: { what: string }) {
  const text = useText();
  return (
    <p className="state" role="status">
      {text.states.loading(what)}
    </p>
  );
}

export function Failed({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const text = useText();
  const failure = error instanceof ApiError ? error : new ApiError("service");
  return (
    <div className="state state-failed" role="alert">
      <p>
        <b>{text.states.failed(what)}</b>
      </p>
      <p>{text.failure[failure.kind]}</p>
      {failure.kind === "refused" && failure.detail ? <p className="quiet">{failure.detail}</p> : null}
      {retry && failure.kind !== "not_found" ? <Button onClick={retry}>{text.retry}</Button> : null}
    </div>
  );
}

export function Empty({ children, note }: { children: ReactNode; note?: ReactNode }) {
  return (
    <div className="state">
      <p>{children}</p>
      {note ? <p className="quiet">{note}</p> : null}
    </div>
  );
}

/** Keeps a fault in one part of a screen from taking the rest with it. */
export class Contained extends Component<{ sentence: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <p className="state state-failed" role="alert">
        {this.props.sentence}
      </p>
    );
  }
}
