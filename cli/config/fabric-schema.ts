import { type Static, Type } from "typebox";
import type { FabricOptions } from "../../agent/fabric/fabric-options.ts";
import { optionalText, section } from "./schema-words.ts";

/** Where the daemons of the fabric are on this host; what is left out is looked for where Debian's packages put it. */
export const FabricSection = section({
  lldp_socket: optionalText("socket of lldpd; /run/lldpd.socket when left out"),
  frr_folder: optionalText("folder of FRR's vty sockets; /var/run/frr when left out"),
  gobgp_address: Type.Optional(
    Type.String({
      description: "<address>:<port> of gobgpd's gRPC API; 127.0.0.1:50051 when left out",
      pattern: "^.+:[0-9]{1,5}$",
    }),
  ),
});

export function fabricOptions(fabric: Static<typeof FabricSection>): FabricOptions {
  return { lldpSocket: fabric.lldp_socket, frrFolder: fabric.frr_folder, gobgpAddress: fabric.gobgp_address };
}
