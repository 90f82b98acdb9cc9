import type { Attributes, AttributeValue } from "../../../core/element.ts";
import { listDelta, rowsOf } from "../model/difference.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./panel.module.css";
import { Value } from "./value.tsx";

/** Single attributes before and after; of lists, only what was lost and gained. */
export function DeltaTable(props: {
  readonly before: Attributes;
  readonly after: Attributes;
  readonly titles?: boolean;
}) {
  const { difference } = useTexts();
  return (
    <table className={classes.delta} data-testid="delta">
      <thead className={props.titles === true ? undefined : "sr-only"}>
        <tr>
          <th scope="col">{difference.attribute}</th>
          <th scope="col">{difference.before}</th>
          <th scope="col">{difference.after}</th>
        </tr>
      </thead>
      <tbody>
        {rowsOf(props.before, props.after).map(({ name, before, after }) => (
          <tr key={name}>
            <th scope="row">{name.replace(/^@/, "")}</th>
            <td className={before === undefined ? undefined : classes.was}>
              <Lost before={before} after={after} />
            </td>
            <td className={after === undefined ? undefined : classes.is}>
              <Gained before={before} after={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Pair {
  readonly before: AttributeValue | undefined;
  readonly after: AttributeValue | undefined;
}

function Lost({ before, after }: Pair) {
  const delta = listDelta(before, after);
  return delta === undefined ? <Value value={before} /> : <Value value={delta.lost} />;
}

function Gained({ before, after }: Pair) {
  const delta = listDelta(before, after);
  return delta === undefined ? <Value value={after} /> : <Value value={delta.gained} />;
}
