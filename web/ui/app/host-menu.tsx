import { ActionIcon, Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { hostId } from "../../../core/element-id.ts";
import { statusQuery } from "../api/queries.ts";
import { useLive } from "../live/live-store.ts";
import { hostsOf } from "../model/contents.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./frame.module.css";
import { useGo, useViewSearch } from "./use-view-search.ts";

/** Which cluster and host is looked at, and the way to its details: the host itself is not on its own map. */
export function HostMenu() {
  const { details } = useTexts();
  const search = useViewSearch();
  const go = useGo();
  const { data: status } = useQuery(statusQuery);
  const topology = useLive((state) => state.last?.topology);
  const hosts = useMemo(() => {
    const known = topology === undefined ? [] : hostsOf(topology);
    return [...new Set([...known, ...(status?.agents ?? []).map(({ host }) => host)])];
  }, [topology, status]);
  const clusters = status?.clusters ?? [];
  const host = search.host ?? hosts[0];
  if (host === undefined) return null;
  return (
    <>
      <HostChooser host={host} hosts={hosts} clusters={clusters} />
      <ActionIcon
        aria-label={details.ofHost(host)}
        title={details.ofHost(host)}
        onClick={() => void go({ host, sel: hostId(host) })}
        data-testid="host-details"
        mr={8}
      >
        <Icon name="chart" />
      </ActionIcon>
    </>
  );
}

/** With one host there is nothing to choose, so its name stands alone. */
function HostChooser(props: {
  readonly host: string;
  readonly hosts: readonly string[];
  readonly clusters: readonly string[];
}) {
  const texts = useTexts();
  const go = useGo();
  const { host, hosts, clusters } = props;
  if (hosts.length <= 1 && clusters.length <= 1) {
    return (
      <span className={classes.pill} data-testid="host-name">
        <Icon name="host" size={14} /> {host}
      </span>
    );
  }
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={classes.hostButton}
          leftSection={<Icon name="host" size={14} />}
          rightSection={<Icon name="chevron" size={12} />}
          aria-label={`${texts.header.host}: ${host}`}
          data-testid="host-menu"
          mr={8}
        >
          {host}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420}>
        {clusters.length > 1 && <Menu.Label>{texts.header.cluster}</Menu.Label>}
        {clusters.length > 1 &&
          clusters.map((cluster) => (
            <Menu.Item key={cluster} onClick={() => go({ cluster, host: undefined, sel: undefined })}>
              {cluster}
            </Menu.Item>
          ))}
        <Menu.Label>{texts.header.host}</Menu.Label>
        {hosts.map((name) => (
          <Menu.Item
            key={name}
            onClick={() => go({ host: name, sel: undefined })}
            rightSection={name === host ? <Icon name="check" size={14} /> : null}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
