import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { problemFrom, sendJson } from "../api/client.ts";
import { Dialog } from "../app/dialog.tsx";
import { useNotice } from "../app/notice.ts";
import { serverNow } from "../app/server-clock.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./system.module.css";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Gives the moment shown a name. */
export function SnapshotDialog(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Undefined: the moment it is saved. */
  readonly at: EpochMs | undefined;
  readonly cluster: string | undefined;
}) {
  const { snapshots: texts } = useTexts();
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const save = useSaving(props.cluster, () => {
    useNotice.setState({ text: texts.saved(name) });
    setName("");
    setNote("");
    props.onClose();
  });
  const isValid = NAME.test(name);
  const error = save.error === null ? undefined : problemFrom(save.error).detail;
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title={texts.take} size={380}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (isValid) save.mutate({ name, note, at: props.at });
        }}
      >
        <p className={classes.muted}>{momentText(props.at ?? serverNow(), serverNow())}</p>
        <TextInput
          label={texts.name}
          description={texts.nameHint}
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
          error={error ?? (name !== "" && !isValid ? texts.nameHint : undefined)}
          data-autofocus
          data-testid="snapshot-name"
        />
        <Textarea
          label={texts.note}
          value={note}
          maxLength={1000}
          autosize={false}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" disabled={!isValid} loading={save.isPending} data-testid="snapshot-save">
          {texts.save}
        </Button>
      </form>
    </Dialog>
  );
}

interface Naming {
  readonly name: string;
  readonly note: string;
  readonly at: EpochMs | undefined;
}

function useSaving(cluster: string | undefined, onSaved: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ at, ...naming }: Naming) => {
      const moment = at === undefined ? undefined : String(at);
      return sendJson("POST", "/api/v1/topology/snapshots", { ...naming, cluster, at: moment });
    },
    onSuccess: async () => {
      onSaved();
      await queries.invalidateQueries({ queryKey: ["snapshots"] });
    },
  });
}
