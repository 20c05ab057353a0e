// Rows of cells as the database tools print them: as a list, a table, CSV, HTML or JSON. Pure text.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/error.h"
#include "ovsdb/data/type.h"

namespace ovs::ovsdb {

enum class TableFormat : std::uint8_t { List, Table, Csv, Html, Json };
enum class CellFormat : std::uint8_t { String, Bare, Json };

struct TableStyle {
  TableFormat format = TableFormat::List;
  CellFormat cells = CellFormat::String;
  bool with_headings = true;
  bool is_pretty = false;     // JSON with line breaks
  std::size_t max_width = 0;  // of a column of Table, in bytes; 0: any
};
std::optional<TableFormat> parse_table_format(std::string_view text);
std::optional<CellFormat> parse_cell_format(std::string_view text);

// A value, or words of a program's own.
class Cell {
 public:
  Cell() = default;
  explicit Cell(Datum datum) : datum_(std::move(datum)) {}
  Cell(Datum datum, const ColumnType& type) : datum_(std::move(datum)), is_many_(type.max > 1) {}
  explicit Cell(std::string text) : text_(std::move(text)) {}

  std::string text(CellFormat format) const;
  Json json() const;

 private:
  std::optional<Datum> datum_;
  std::string text_;
  bool is_many_ = false;  // the column may hold several values, which brackets show
};

struct OutputTable {
  std::string caption = {};  // empty: none
  std::vector<std::string> headings = {};
  std::vector<std::vector<Cell>> rows = {};  // each as long as headings

  std::string text(const TableStyle& style) const;
};

// The tables of one run of a program: blank lines between those that people read.
class TableSequence {
 public:
  explicit TableSequence(const TableStyle& style) : style_(style) {}
  std::string next(const OutputTable& table);

 private:
  const TableStyle& style_;
  bool is_first_ = true;
};

}  // namespace ovs::ovsdb
