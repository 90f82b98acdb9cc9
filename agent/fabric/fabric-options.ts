/** Where the sources of the fabric are; what is left out is looked for where Debian's packages put it. */
export interface FabricOptions {
  /** Socket of lldpd. */
  readonly lldpSocket?: string | undefined;
  /** Folder of FRR's `*.vty` sockets; the sockets of path spaces are in folders below it. */
  readonly frrFolder?: string | undefined;
  /** `<address>:<port>` of gobgpd's gRPC API, without TLS. */
  readonly gobgpAddress?: string | undefined;
}
