import type { Element } from "../../core/element.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { bridgeElements } from "./bridge-elements.ts";
import { elementsOfMachine, machineElements } from "./machine-elements.ts";
import { namespaceElements } from "./namespace-elements.ts";
import { overlayElements, vniElements } from "./overlay-elements.ts";
import { underlayElements } from "./underlay-elements.ts";

/** All that the agent of a host would say now: about 100 elements with 10 machines on it. */
export function hostElements(cloud: Cloud, host: Host): readonly Element[] {
  return [
    ...underlayElements(cloud, host),
    ...bridgeElements(cloud, host),
    ...overlayElements(cloud, host),
    ...machineElements(cloud, host),
    ...namespaceElements(cloud, host),
  ];
}

/** The part of a host's elements that has to do with one machine, which lives in `network`. */
export function elementsAroundMachine(
  cloud: Cloud,
  host: Host,
  { vm, network }: { readonly vm: number; readonly network: number },
): readonly Element[] {
  return [...elementsOfMachine(cloud, host, vm), ...vniElements(cloud, host, network)];
}
