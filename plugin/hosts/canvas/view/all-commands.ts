import { editCommands, type Command } from '../commands.ts'
import { viewCommands } from '../view-commands.ts'
import { fileCommands } from './file-commands.ts'

export const commands: readonly Command[] = [...fileCommands, ...editCommands, ...viewCommands]

export function commandNamed(id: string): Command {
  const command = commands.find((each) => each.id === id)
  if (command === undefined) throw new Error(`Bug: no command is called ${id}`)
  return command
}
