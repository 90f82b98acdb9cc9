import { ActionIcon, Button, Menu, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { useFocusWithin } from "@mantine/hooks";
import { useView } from "../app/view.ts";
import { LAYERS, type Layer } from "../app/view-search.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon, type IconName } from "../theme/icon.tsx";
import { CopyLink } from "./copy-link.tsx";
import { FoundAnywhere } from "./found-anywhere.tsx";
import classes from "./map.module.css";
import { useMap } from "./map-handle.ts";
import type { Scene } from "./scene.ts";

/** What can be done with the map: find, leave out, show otherwise, share. */
export function Toolbar(props: {
  readonly scene: Scene | undefined;
  readonly onKeys: () => void;
  readonly onSnapshot: () => void;
}) {
  const texts = useTexts();
  const { search, go, clock, tidy } = useView();
  const legendIsOpen = useMap((state) => state.legendIsOpen);
  return (
    <div className={classes.toolbar} role="toolbar" aria-label={texts.nav.topology}>
      <Finder scene={props.scene} />
      <LayerMenu />
      <SegmentedControl
        aria-label={texts.map.viewLabel}
        data={[
          { value: "map", label: texts.map.viewMap },
          { value: "table", label: texts.map.viewTable },
        ]}
        value={search.view ?? "map"}
        onChange={(value) => void go({ view: value === "table" ? "table" : undefined })}
        data-testid="view-switch"
      />
      {clock.kind === "diff" && (
        <Button
          aria-pressed={search.only === true}
          onClick={() => void go({ only: search.only === true ? undefined : true })}
          ml={8}
          data-testid="only-changes"
        >
          {texts.map.onlyChanges}
        </Button>
      )}
      <div className={classes.space} />
      <Tool icon="camera" label={texts.snapshots.take} onClick={props.onSnapshot} id="snapshot" />
      <CopyLink />
      <span className={classes.separator} />
      <Tool icon="tidy" label={texts.map.tidy} hint={texts.map.tidyHint} onClick={tidy} id="tidy" />
      <Tool
        icon="legend"
        label={texts.map.legend}
        onClick={() => useMap.setState({ legendIsOpen: !legendIsOpen })}
        pressed={legendIsOpen}
        id="legend-toggle"
      />
      <Tool icon="keys" label={texts.map.keys} onClick={props.onKeys} id="keys" />
    </div>
  );
}

function Tool(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly hint?: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly id: string;
}) {
  return (
    <Tooltip label={props.hint === undefined ? props.label : `${props.label}: ${props.hint}`} multiline maw={260}>
      <ActionIcon aria-label={props.label} aria-pressed={props.pressed} onClick={props.onClick} data-testid={props.id}>
        <Icon name={props.icon} />
      </ActionIcon>
    </Tooltip>
  );
}

export const SEARCH_INPUT_ID = "map-search";

function Finder(props: { readonly scene: Scene | undefined }) {
  const texts = useTexts();
  const { go } = useView();
  const query = useMap((state) => state.query);
  const { ref, focused } = useFocusWithin<HTMLDivElement>();
  const { scene } = props;
  const faces = scene === undefined ? [] : [...scene.boxes.filter(({ place }) => place.part === 1), ...scene.items];
  const found = query.trim() === "" ? [] : faces.filter((face) => !face.dimmed);
  const open = (): void => {
    const first = found[0];
    if (first === undefined) return;
    useMap.getState().handle?.flyTo(first.element);
    void go({ sel: first.element });
  };
  return (
    <div className={classes.finder} ref={ref}>
      <TextInput
        id={SEARCH_INPUT_ID}
        className={classes.search}
        type="search"
        placeholder={texts.map.search}
        aria-label={texts.map.searchLabel}
        leftSection={<Icon name="search" size={14} />}
        rightSection={query.trim() === "" ? null : <small>{found.length}</small>}
        value={query}
        onChange={(event) => useMap.setState({ query: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter") open();
          if (event.key === "Escape") useMap.setState({ query: "" });
        }}
        data-testid="search"
      />
      <span className="sr-only" role="status" data-testid="search-matches">
        {query.trim() !== "" && (found.length === 0 ? texts.map.noMatch : texts.map.found(found.length))}
      </span>
      {focused && <FoundAnywhere typed={query} onChosen={() => useMap.setState({ query: "" })} />}
    </div>
  );
}

function LayerMenu() {
  const texts = useTexts();
  const { search, go } = useView();
  const hidden = new Set(search.hide ?? []);
  const toggle = (layer: Layer): void => {
    const next = LAYERS.filter((each) => (each === layer ? !hidden.has(each) : hidden.has(each)));
    void go({ hide: next.length === 0 ? undefined : next }, { replace: true });
  };
  const textOf = (layer: Layer): string => {
    if (layer === "cables") return texts.map.cables;
    return layer === "noise" ? texts.map.noise : texts.bands[layer];
  };
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button leftSection={<Icon name="layers" size={14} />} mr={8} data-testid="layers">
          {texts.map.layers}
          {hidden.size > 0 && ` −${hidden.size}`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LAYERS.map((layer) => (
          <Menu.Item
            key={layer}
            role="menuitemcheckbox"
            aria-checked={!hidden.has(layer)}
            onClick={() => toggle(layer)}
            rightSection={hidden.has(layer) ? null : <Icon name="check" size={14} />}
            data-testid={`layer-${layer}`}
          >
            {textOf(layer)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
