// Signing in: one calm form, in either language.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";

import { ApiError, post } from "../api/client.ts";
import { keys } from "../api/queries.ts";
import type { Me } from "../api/types.ts";
import { useText } from "../i18n/text.ts";
import type { Messages } from "../i18n/shapes.ts";
import { toggleLanguage } from "./preferences.ts";

interface Credentials {
  username: string;
  password: string;
}

export function LoginPage() {
  const text = useText();
  const client = useQueryClient();
  const signIn = useMutation({
    mutationFn: (given: Credentials) => post<Me>("/api/login", given),
    onSuccess: (me) => client.setQueryData(keys.me, me),
  });
  const { login } = text;
  return (
    <main className="login">
      <div className="login-card">
        <h1>
          <img src="/favicon.svg" alt="" width={30} height={30} />
          {text.product}
        </h1>
        <Form<Credentials> layout="vertical" requiredMark={false} onFinish={(given) => signIn.mutate(given)}>
          <Form.Item name="username" label={login.username} rules={[{ required: true, message: login.required }]}>
            <Input autoComplete="username" autoFocus size="large" />
          </Form.Item>
          <Form.Item name="password" label={login.password} rules={[{ required: true, message: login.required }]}>
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          <p className="login-word" role="alert">
            {signIn.isError ? sentence(signIn.error, text) : ""}
          </p>
          <Button type="primary" htmlType="submit" size="large" block disabled={signIn.isPending}>
            {signIn.isPending ? login.submitting : login.submit}
          </Button>
        </Form>
        <p className="quiet">{login.note}</p>
        <Button type="link" size="small" onClick={toggleLanguage}>
          {text.header.switchLanguage}
        </Button>
      </div>
    </main>
  );
}

function sentence(error: Error, { login, failure }: Messages): string {
  if (!(error instanceof ApiError)) return failure.service;
  if (error.kind === "signed_out") return login.wrong;
  return error.kind === "offline" ? login.offline : failure[error.kind];
}
