import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { problemFrom, sendJson } from "../api/client.ts";
import { useTexts } from "../text/texts.tsx";
import { Mark } from "../theme/icon.tsx";
import classes from "./faces.module.css";

/** Asks for a token and turns it into a session; the token itself is kept nowhere in the page. */
export function LoginFace() {
  const { login } = useTexts();
  const queries = useQueryClient();
  const [token, setToken] = useState("");
  const signIn = useMutation({
    mutationFn: () => sendJson("POST", "/api/v1/session", { token: token.trim() }),
    onSuccess: () => queries.resetQueries(),
  });
  return (
    <div className={classes.face}>
      <form
        className={classes.login}
        data-testid="login"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        <h1 className={classes.loginTitle}>
          <Mark /> {login.title}
        </h1>
        <p>{login.why}</p>
        <PasswordInput
          label={login.token}
          description={login.hint}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          error={signIn.error === null ? undefined : problemFrom(signIn.error).detail}
          data-testid="login-token"
        />
        <Button type="submit" variant="filled" loading={signIn.isPending} disabled={token.trim() === ""}>
          {login.submit}
        </Button>
      </form>
    </div>
  );
}
