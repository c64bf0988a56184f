//! What can be wrong, in both languages. No error quotes a value: it may be personal.

/// Why the standard, a body or a JSON document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// The descriptors of this build cannot be read.
    #[error(
        "本程序自带的标准描述无法读取，请重新构建：{0} · the descriptors of this build cannot be read, build it again: {0}"
    )]
    Descriptors(String),
    /// There is no such dataset.
    #[error(
        "没有数据集 {0}；`standard list` 列出全部 · there is no dataset {0}; `standard list` shows all"
    )]
    Dataset(String),
    /// The bytes are not the message of the dataset.
    #[error(
        "正文不是“{zh}”（{dataset}）的 protobuf；`standard check` 给出位置 · the body is not the protobuf of {en} ({dataset}); `standard check` says where"
    )]
    Body {
        /// The dataset.
        dataset: &'static str,
        /// Its title in Chinese.
        zh: &'static str,
        /// Its title in English.
        en: &'static str,
    },
    /// The body has a field that this version of the standard does not know.
    #[error(
        "{place} 中有本版标准不认识的第 {number} 号字段，JSON 无法保留；请升级，或明确允许舍弃 · {place} has field {number}, which this version does not know and JSON cannot keep: upgrade, or say that it may be dropped"
    )]
    UnknownField {
        /// The path of the message; `body` for the body itself.
        place: String,
        /// The number.
        number: u32,
    },
    /// The JSON document has a name that this version of the standard does not know.
    #[error(
        "{place} 中的名称 {name} 不在标准中；请更正，或明确允许舍弃 · the name {name} in {place} is not in the standard: correct it, or say that it may be dropped"
    )]
    UnknownName {
        /// The path of the object; `body` for the body itself.
        place: String,
        /// The name, shortened.
        name: String,
    },
    /// A field stands twice, perhaps by both of its names.
    #[error("{place} 出现了两次，请只保留一处 · {place} stands twice: keep one")]
    Twice {
        /// The path of the field.
        place: String,
    },
    /// A value has another type than its field.
    #[error("{place} 应为{zh} · {place} should be {en}")]
    Type {
        /// The path of the field.
        place: String,
        /// What is wanted, in Chinese.
        zh: String,
        /// What is wanted, in English.
        en: String,
    },
    /// The text is not JSON.
    #[error(
        "第 {line} 行第 {column} 列起不是有效的 JSON，请从该处更正 · not valid JSON from line {line}, column {column}: correct it from there"
    )]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A cell of a template cannot be read.
    #[error(
        "表 {sheet} 第 {row} 行 {path} 应为{zh} · sheet {sheet}, row {row}: {path} should be {en}"
    )]
    Cell {
        /// The list that the sheet is for; `body` for the first sheet.
        sheet: String,
        /// Row, from 1, as the program that shows the sheet counts it.
        row: usize,
        /// Path of the column.
        path: String,
        /// What is wanted, in Chinese.
        zh: String,
        /// What is wanted, in English.
        en: String,
    },
}
