import type { Notice } from '../app/notice.ts'
import { Button, Content, Flex, Heading, InlineAlert } from './controls.tsx'

interface ErrorNoticeProps {
  readonly notice: Notice
  readonly onDismiss: () => void
}

/** What went wrong and what to do about it, where it happened. */
export function ErrorNotice({ notice, onDismiss }: ErrorNoticeProps) {
  return (
    <InlineAlert variant="negative" width="100%" minWidth={0}>
      <Heading>{notice.message}</Heading>
      <Content>
        <Flex direction="column" alignItems="start" gap="size-150">
          {notice.hint}
          <Button variant="secondary" onPress={onDismiss}>
            Dismiss
          </Button>
        </Flex>
      </Content>
    </InlineAlert>
  )
}
