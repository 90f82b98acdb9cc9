import { Fragment } from "react";
import { type AttributeClass, attributeClass } from "../../../core/attribute-class.ts";
import { type Element, isLink, type Link, type Node } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { useView } from "../app/view.ts";
import { useMap } from "../map/map-handle.ts";
import { compareNames } from "../model/contents.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./panel.module.css";
import { Sources } from "./sources.tsx";
import { Value } from "./value.tsx";

const CLASSES: readonly AttributeClass[] = ["state", "config", "volatile"];

/** What is known of an element, and what it is connected to. */
export function Overview(props: { readonly element: Element; readonly topology: Topology }) {
  const { details } = useTexts();
  const { element, topology } = props;
  return (
    <>
      {element.kind === "host" && <Sources attributes={element.attributes} />}
      {CLASSES.map((name) => (
        <Attributes key={name} element={element} of={name} />
      ))}
      <section className={classes.section}>
        <h3 className="panel-title">{details.neighbours}</h3>
        <Neighbours element={element} topology={topology} />
      </section>
    </>
  );
}

function Attributes(props: { readonly element: Element; readonly of: AttributeClass }) {
  const { details } = useTexts();
  const rows = Object.entries(props.element.attributes)
    .filter(([name]) => attributeClass(name) === props.of && !(name === "sources" && props.element.kind === "host"))
    .sort(([a], [b]) => compareNames(a, b));
  if (rows.length === 0) return null;
  return (
    <section className={classes.section}>
      <h3 className="panel-title">{details[props.of]}</h3>
      <dl className={classes.attributes}>
        {rows.map(([name, value]) => [
          <dt key={name}>
            <Breakable name={name} />
          </dt>,
          <dd key={`${name} value`}>
            <Value value={value} name={name} />
          </dd>,
        ])}
      </dl>
    </section>
  );
}

/** A long name breaks behind its dots, underscores and hyphens, and not within a word. */
function Breakable(props: { readonly name: string }) {
  return props.name.split(/(?<=[._-])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one name do not move
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function Neighbours(props: { readonly element: Element; readonly topology: Topology }) {
  const { details, kinds } = useTexts();
  const { go } = useView();
  const neighbours = neighboursOf(props.element, props.topology, details.parent, kinds);
  if (neighbours.length === 0) return <p>{details.noNeighbours}</p>;
  const open = (id: ElementId): void => {
    void go({ sel: id });
    useMap.getState().handle?.flyTo(id);
  };
  return (
    <ul className={classes.rows} data-testid="neighbours">
      {neighbours.map(({ node, how, key }) => (
        <li key={key}>
          <button type="button" className="link-button" onClick={() => open(node.id)}>
            {node.name}
          </button>
          <small>
            {how} · {kinds[node.kind]}
          </small>
        </li>
      ))}
    </ul>
  );
}

interface Neighbour {
  readonly key: string;
  readonly node: Node;
  readonly how: string;
}

export function neighboursOf(
  element: Element,
  topology: Topology,
  parentText: string,
  kinds: { readonly [kind in Link["kind"]]: string },
): readonly Neighbour[] {
  const neighbours: Neighbour[] = [];
  const add = (id: ElementId | undefined, how: string): void => {
    const node = id === undefined ? undefined : topology.get(id);
    if (node !== undefined && !isLink(node)) neighbours.push({ key: `${how} ${node.id}`, node, how });
  };
  if (isLink(element)) {
    add(element.from, kinds[element.kind]);
    add(element.to, kinds[element.kind]);
    return neighbours;
  }
  add(element.parent, parentText);
  for (const other of topology.values()) {
    if (!isLink(other)) continue;
    // A port's link to the bridge it is in says nothing more than that it is in it.
    if (other.from === element.parent || other.to === element.parent) continue;
    if (other.from === element.id) add(other.to, kinds[other.kind]);
    else if (other.to === element.id) add(other.from, kinds[other.kind]);
  }
  return neighbours;
}
