import { Link } from "@tanstack/react-router";
import { useTexts } from "../text/texts.tsx";
import { EmptyFace } from "./faces.tsx";

export function NotFound() {
  const { faces } = useTexts();
  return (
    <EmptyFace title={faces.notFound} hint="">
      <Link to="/" className="link-button">
        {faces.notFoundHint}
      </Link>
    </EmptyFace>
  );
}
