import type { Element, Node } from "../../../core/element.ts";
import { isLink } from "../../../core/element.ts";
import { useView } from "../app/view.ts";
import { conditionOf } from "../model/condition.ts";
import { netnsNameOf } from "../model/contents.ts";
import { valueText } from "../model/filter.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./map.module.css";
import type { Scene } from "./scene.ts";

/** The same elements as the map shows, as a table: same selection, same filter. */
export function TableTwin(props: { readonly scene: Scene }) {
  const texts = useTexts();
  const { shown, contents } = useView();
  if (shown.kind !== "ready" || contents === undefined) return null;
  const faces = [...props.scene.boxes.filter(({ place }) => place.part === 1), ...props.scene.items];
  const rows = faces.filter((face) => !face.dimmed).flatMap((face) => nodeOf(shown.topology.get(face.element)));
  const { column } = texts.map;
  return (
    <div className={classes.table} data-testid="table-twin">
      <table className="grid-table">
        <caption className="sr-only">{texts.map.tableCaption(rows.length)}</caption>
        <thead>
          <tr>
            {[column.kind, column.name, column.state, column.in, column.mac, column.addresses, column.mtu].map(
              (title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((node) => (
            <Row key={node.id} node={node} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { readonly node: Node }) {
  const texts = useTexts();
  const { search, go, agentIsSilent, contents } = useView();
  const { node } = props;
  const condition = conditionOf(node, agentIsSilent);
  const holder = node.parent === undefined ? undefined : contents?.nodes.get(node.parent)?.name;
  const text = (name: string): string => {
    const value = node.attributes[name];
    return value === undefined ? "" : valueText(value);
  };
  return (
    <tr data-selected={search.sel === node.id} data-element-id={node.id}>
      <td>{texts.kinds[node.kind]}</td>
      <td>
        <button type="button" className="link-button" onClick={() => void go({ sel: node.id })}>
          {node.name}
        </button>
      </td>
      <td className={condition === "error" ? classes.stateError : condition === "down" ? classes.stateDown : undefined}>
        {texts.condition[condition]}
      </td>
      <td>{holder ?? netnsNameOf(node.id) ?? ""}</td>
      <td className="mono">{text("mac")}</td>
      <td className="mono">{text("addresses")}</td>
      <td className="number">{text("mtu")}</td>
    </tr>
  );
}

function nodeOf(element: Element | undefined): readonly Node[] {
  return element === undefined || isLink(element) ? [] : [element];
}
