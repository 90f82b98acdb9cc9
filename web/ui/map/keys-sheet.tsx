import { Kbd } from "@mantine/core";
import { Dialog } from "../app/dialog.tsx";
import { useTexts } from "../text/texts.tsx";
import classes from "./keys-sheet.module.css";

export function KeysSheet(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const texts = useTexts();
  const { keys } = texts;
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["←", "↑", "→", "↓"], keys.arrows],
    [["Enter"], keys.enter],
    [["Esc"], keys.escape],
    [["["], keys.previousChange],
    [["]"], keys.nextChange],
    [["Space"], keys.space],
    [["A", "B"], keys.pins],
    [["L"], keys.live],
    [["F"], keys.fit],
    [["/"], keys.search],
    [["?"], keys.help],
  ];
  return (
    <Dialog
      isOpen={props.isOpen}
      onClose={props.onClose}
      title={keys.title}
      size={420}
      transitionProps={{ duration: 80 }}
    >
      <dl className={classes.keys} data-testid="keys-sheet">
        {rows.map(([names, meaning]) => (
          <div key={meaning}>
            <dt>
              {names.map((name) => (
                <Kbd key={name}>{name}</Kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
