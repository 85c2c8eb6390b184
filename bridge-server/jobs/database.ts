import Libsql from 'libsql'
import { AppError } from '../errors.ts'

type Value = string | number | null
export type Row = Readonly<Record<string, unknown>>

/** An embedded SQLite database. Every call is synchronous; each may throw AppError 'disk-full' or 'data-damaged'. */
export interface Database {
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, ...values: Value[]): number
  get(sql: string, ...values: Value[]): Row | null
  all(sql: string, ...values: Value[]): readonly Row[]
  /** All or nothing; a committed transaction survives the loss of power. */
  transaction<Result>(work: () => Result): Result
  close(): void
}

/**
 * Opens or makes the database at `file` and brings its schema up to date: `migrations[i]` leads from version i to i + 1.
 * Throws AppError 'settings-invalid' where a newer Marquee made it, 'data-damaged' where it is no database.
 */
export function openDatabase(file: string, migrations: readonly string[]): Database {
  const connection = new Libsql(file)
  try {
    translated(file, () => {
      connection.pragma('journal_mode = WAL')
      connection.pragma('synchronous = FULL')
      connection.pragma('foreign_keys = ON')
    })
    const database = wrapped(connection, file)
    migrate(database, file, migrations)
    return database
  } catch (error) {
    connection.close()
    throw error
  }
}

/**
 * Locks `file` for this process, as an exclusive transaction that stays open: the operating system lets go of it
 * when the process dies, however it dies. Null where another process holds it.
 */
export function lockFile(file: string): { readonly release: () => void } | null {
  const connection = new Libsql(file, { timeout: 0 })
  try {
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection.close()
    if (codeOf(error) === 'SQLITE_BUSY') return null
    throw error
  }
  return {
    release: () => {
      connection.close()
    }
  }
}

function wrapped(connection: Libsql.Database, file: string): Database {
  const statements = new Map<string, Libsql.Statement>()
  const prepared = (sql: string): Libsql.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = connection.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    run: (sql, ...values) => translated(file, () => prepared(sql).run(...values).changes),
    get: (sql, ...values) => rowOf(translated(file, () => prepared(sql).get(...values))),
    all: (sql, ...values) =>
      translated(file, () => prepared(sql).all(...values)).map((row) => rowOf(row) ?? {}),
    transaction: (work) => translated(file, () => transaction(connection, work)),
    close: () => {
      statements.clear()
      connection.close()
    }
  }
}

function transaction<Result>(connection: Libsql.Database, work: () => Result): Result {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has rolled it back already, and to do so again would hide the reason.
    if (connection.inTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function migrate(database: Database, file: string, migrations: readonly string[]): void {
  const version = Number(database.get('PRAGMA user_version')?.user_version)
  if (version > migrations.length)
    throw new AppError('settings-invalid', {
      message: `${file} has schema version ${version}; this Marquee knows ${migrations.length}.`,
      hint: 'A newer Marquee has made it. Use that one, or another data folder with --data.'
    })
  for (const [index, script] of migrations.entries()) {
    if (index < version) continue
    database.transaction(() => {
      for (const statement of script.split(';').filter((part) => part.trim() !== '')) database.run(statement)
      database.run(`PRAGMA user_version = ${index + 1}`)
    })
  }
}

function translated<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const code = String(codeOf(error))
    if (code === 'SQLITE_FULL')
      throw new AppError('disk-full', {
        message: 'The disk with the data folder is full.',
        hint: 'Free some space, or choose another folder with --data.',
        cause: error
      })
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
      throw new AppError('data-damaged', {
        message: `The database ${file} is damaged.`,
        hint: 'Put a backup in its place, or move it away to begin with no jobs; `sqlite3 FILE .recover` may save what is in it.',
        cause: error
      })
    throw error
  }
}

const rowOf = (row: unknown): Row | null => (typeof row === 'object' && row !== null ? { ...row } : null)

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
