export interface Flavor {
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
}

export const FLAVORS: readonly Flavor[] = [
  { name: "c1.small", vcpus: 1, ramMib: 2_048, diskGib: 20 },
  { name: "c1.medium", vcpus: 2, ramMib: 4_096, diskGib: 40 },
  { name: "c1.large", vcpus: 4, ramMib: 8_192, diskGib: 80 },
  { name: "m1.xlarge", vcpus: 8, ramMib: 32_768, diskGib: 160 },
  { name: "m1.2xlarge", vcpus: 16, ramMib: 65_536, diskGib: 320 },
];

const SMALLEST: Flavor = { name: "c1.tiny", vcpus: 1, ramMib: 1_024, diskGib: 10 };

export function flavorOf(index: number): Flavor {
  return FLAVORS[index] ?? SMALLEST;
}
