import { useView } from "../app/view.ts";
import { useTexts } from "../text/texts.tsx";
import { CABLE_DASH, CABLE_KINDS, MARKS } from "./glyphs.ts";
import classes from "./map.module.css";

/** What the marks mean. In a difference the colours of health are off, so it explains the other set. */
export function Legend() {
  const texts = useTexts();
  const { clock } = useView();
  const { legend, difference } = texts;
  return (
    <aside className={classes.legend} aria-label={texts.map.legend} data-testid="legend">
      {clock.kind === "diff" ? (
        <>
          <h2>{legend.marks}</h2>
          <ul>
            <Sample diff="added" mark="+" text={difference.added} />
            <Sample diff="removed" mark="−" text={difference.removed} />
            <Sample diff="changed" mark="~2" text={difference.changed} />
            <Sample diff="unchanged" mark="" text={difference.unchanged} />
            <Sample diff="unknown" mark="?" text={difference.unknown} />
          </ul>
        </>
      ) : (
        <>
          <h2>{legend.state}</h2>
          <ul>
            <Sample condition="up" text={legend.up} />
            <Sample condition="down" path={MARKS.down} text={legend.down} />
            <Sample condition="degraded" path={MARKS.degraded} text={legend.degraded} />
            <Sample condition="paused" path={MARKS.paused} text={legend.paused} />
            <Sample condition="adminDown" path={MARKS.adminDown} text={legend.adminDown} />
            <Sample condition="error" path={MARKS.octagon} text={legend.error} />
            <Sample condition="unknown" mark="?" text={legend.unknown} />
            <Sample condition="up" alert text={legend.alert} />
            <Sample condition="up" selected text={legend.selected} />
          </ul>
        </>
      )}
      <h2>{legend.cables}</h2>
      <ul>
        {CABLE_KINDS.map((kind) => (
          <li key={kind}>
            <svg width="56" height="12" aria-hidden="true">
              <path className="m-cable" d="M2 6H54" strokeDasharray={CABLE_DASH[kind]} />
            </svg>
            {texts.kinds[kind]}
          </li>
        ))}
      </ul>
    </aside>
  );
}

function Sample(props: {
  readonly text: string;
  readonly condition?: string;
  readonly diff?: string;
  readonly mark?: string;
  readonly path?: string;
  readonly alert?: boolean;
  readonly selected?: boolean;
}) {
  return (
    <li>
      <svg width="56" height="26" aria-hidden="true">
        <g
          className={props.selected === true ? "m-item m-selected" : "m-item"}
          data-form="card"
          data-condition={props.condition}
          data-diff={props.diff}
          data-alert={props.alert === true ? "critical" : undefined}
          transform="translate(6 5)"
        >
          <rect className="m-face" width="44" height="18" rx="4" />
          <rect className="m-pattern" width="44" height="18" rx="4" />
          {props.diff === "changed" && <path className="m-corner" d="M30 0H40Q44 0 44 4V14Z" />}
          <text className="m-diff-mark" x="38" y="9">
            {props.mark}
          </text>
          {props.path !== undefined && (
            <path className="m-mark" d={props.path} fillRule="evenodd" transform="translate(28 3)" />
          )}
          {props.alert === true && (
            <path className="m-alert" d={MARKS.octagon} fillRule="evenodd" transform="translate(-5 -5)" />
          )}
        </g>
      </svg>
      {props.text}
    </li>
  );
}
