// The second signature: against customs' instruction or another officer's stop, two officers sign, each in their own name.

import { Input } from "antd";

import { useText } from "../i18n/text.ts";

export interface Credentials {
  username: string;
  password: string;
}

export const NOBODY: Credentials = { username: "", password: "" };

export function SecondOfficer({ given, give }: { given: Credentials; give: (credentials: Credentials) => void }) {
  const { answer: words, login } = useText();
  return (
    <fieldset className="second-officer">
      <legend>{words.secondOfficer}</legend>
      <Input
        aria-label={login.username}
        placeholder={login.username}
        autoComplete="off"
        autoFocus
        value={given.username}
        onChange={(event) => give({ ...given, username: event.target.value })}
      />
      <Input.Password
        aria-label={login.password}
        placeholder={login.password}
        autoComplete="new-password"
        value={given.password}
        onChange={(event) => give({ ...given, password: event.target.value })}
      />
    </fieldset>
  );
}
