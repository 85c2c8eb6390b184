import type { Notice } from '../client/coded-error.ts'
import { Button, Content, Heading, InlineAlert } from './controls.tsx'

interface ErrorNoticeProps {
  readonly notice: Notice
  readonly onDismiss: () => void
}

/** What went wrong and what to do about it, where it happened. */
export function ErrorNotice({ notice, onDismiss }: ErrorNoticeProps) {
  return (
    <div role="alert">
      <InlineAlert variant="negative" width="100%">
        <Heading>{notice.message}</Heading>
        <Content>
          {notice.hint}
          <Button variant="secondary" marginTop="size-150" onPress={onDismiss}>
            Dismiss
          </Button>
        </Content>
      </InlineAlert>
    </div>
  )
}
