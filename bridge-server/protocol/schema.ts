// The words in which messages are described: typebox's, where JavaScript has none of that name.
export {
  Array as List,
  Boolean as Flag,
  Integer,
  Literal,
  Null,
  Number as Num,
  Object as Struct,
  Optional,
  Record as Dictionary,
  String as Text,
  Union,
  Unsafe,
  type Static
} from 'typebox'
