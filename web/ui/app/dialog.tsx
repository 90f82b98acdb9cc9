import { Modal, type ModalProps } from "@mantine/core";
import { useTexts } from "../text/texts.tsx";

type Props = Pick<ModalProps, "onClose" | "title" | "size" | "transitionProps" | "children">;

/** What is asked or shown before the page; the page behind it still scrolls. */
export function Dialog({ isOpen, ...rest }: Props & { readonly isOpen: boolean }) {
  const { snapshots } = useTexts();
  return <Modal opened={isOpen} lockScroll={false} closeButtonProps={{ "aria-label": snapshots.cancel }} {...rest} />;
}
