import { OperatorError } from "../../../core/errors.ts";

export function tooLarge(limit: number): OperatorError {
  return new OperatorError({
    code: "query.too_large",
    message: `the selection reads more than ${limit} samples`,
    hint: "select fewer series or a shorter span",
    status: 422,
  });
}
