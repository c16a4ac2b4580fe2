/** The other end of `askProcess`: takes one question, answers it, and lets the process end. An error ends it at once. */
export function answerOnce<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.once('message', (question: Question) => {
    answer(question).then(
      (value) => {
        process.send?.(value);
        process.disconnect();
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
