import { create } from "zustand";

/** One short message at a time: what the reader just did, or what cannot be done here. */
export const useNotice = create<{ readonly text: string | undefined }>()(() => ({ text: undefined }));
