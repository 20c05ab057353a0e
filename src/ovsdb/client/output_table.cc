#include "ovsdb/client/output_table.h"

#include <algorithm>

#include "ovsdb/data/json_form.h"
#include "ovsdb/data/text_form.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

constexpr std::size_t kListHeading = 20;  // characters that a name takes in a list

template <class Value>
struct Named {
  const char* name;
  Value value;
};
constexpr Named<TableFormat> kTableFormats[] = {{"list", TableFormat::List},
                                                {"table", TableFormat::Table},
                                                {"csv", TableFormat::Csv},
                                                {"html", TableFormat::Html},
                                                {"json", TableFormat::Json}};
constexpr Named<CellFormat> kCellFormats[] = {
    {"string", CellFormat::String}, {"bare", CellFormat::Bare}, {"json", CellFormat::Json}};

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

using TextRows = std::vector<std::vector<std::string>>;

std::string list_text(const OutputTable& table, const TextRows& rows, const TableStyle& style) {
  std::string out;
  for (const auto& row : rows) {
    if (!out.empty()) out += "\n";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (style.with_headings) out += padded(table.headings[i], kListHeading) + ": ";
      out += row[i] + "\n";
    }
  }
  return out;
}

std::string table_text(const OutputTable& table, TextRows rows, const TableStyle& style) {
  std::vector<std::size_t> widths(table.headings.size(), 0);
  if (style.with_headings) rows.insert(rows.begin(), table.headings);
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (style.max_width != 0 && row[i].size() > style.max_width) row[i].resize(style.max_width);
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line, rule;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i != 0) line += " ", rule += " ";
      line += padded(rows[r][i], widths[i]);
      rule += std::string(widths[i], '-');
    }
    out += without_trailing_spaces(std::move(line)) + "\n";
    if (r == 0 && style.with_headings) out += rule + "\n";
  }
  return out;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of("\n\r\",") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string csv_text(const OutputTable& table, TextRows rows, const TableStyle& style) {
  if (style.with_headings) rows.insert(rows.begin(), table.headings);
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != 0) out += ",";
      out += csv_cell(row[i]);
    }
    out += "\n";
  }
  return out;
}

std::string html_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_row(const std::vector<std::string>& cells, const char* element) {
  std::string out = "  <tr>\n";
  for (const std::string& cell : cells) {
    out += std::string("    <") + element + ">" + html_escaped(cell) + "</" + element + ">\n";
  }
  return out + "  </tr>\n";
}

std::string html_text(const OutputTable& table, const TextRows& rows, const TableStyle& style) {
  std::string out = "<table border=1>\n";
  if (!table.caption.empty()) {
    out += "    <caption>" + html_escaped(table.caption) + "</caption>\n";
  }
  if (style.with_headings) out += html_row(table.headings, "th");
  for (const auto& row : rows) out += html_row(row, "td");
  return out + "</table>\n";
}

std::string json_table(const OutputTable& table, const TableStyle& style) {
  JsonArray headings, data;
  for (const std::string& heading : table.headings) headings.push_back(Json(heading));
  for (const auto& row : table.rows) {
    JsonArray cells;
    for (const Cell& cell : row) cells.push_back(cell.json());
    data.push_back(Json(std::move(cells)));
  }
  Json body = Json::object("data", Json(std::move(data)), "headings", Json(std::move(headings)));
  if (!table.caption.empty()) body.members().set("caption", Json(table.caption));
  const auto layout = style.is_pretty ? wire::JsonStyle::Pretty : wire::JsonStyle::Compact;
  return wire::json_text(body, layout, wire::JsonOrder::Sorted) + "\n";
}

}  // namespace

std::optional<TableFormat> parse_table_format(std::string_view text) {
  for (const auto& row : kTableFormats) {
    if (text == row.name) return row.value;
  }
  return std::nullopt;
}

std::optional<CellFormat> parse_cell_format(std::string_view text) {
  for (const auto& row : kCellFormats) {
    if (text == row.name) return row.value;
  }
  return std::nullopt;
}

std::string Cell::text(CellFormat format) const {
  if (!datum_) return text_;
  switch (format) {
    case CellFormat::String: {
      const bool is_one = datum_->count() == 1 && !datum_->is_map();
      return is_many_ && is_one ? "[" + datum_text(*datum_) + "]" : datum_text(*datum_);
    }
    case CellFormat::Bare: return datum_bare_text(*datum_);
    case CellFormat::Json: return wire::json_text(datum_to_json(*datum_));
  }
  return text_;
}

Json Cell::json() const {
  return datum_ ? datum_to_json(*datum_) : Json(text_);
}

std::string OutputTable::text(const TableStyle& style) const {
  if (style.format == TableFormat::Json) return json_table(*this, style);
  TextRows cells;
  for (const auto& row : rows) {
    std::vector<std::string> texts;
    for (const Cell& cell : row) texts.push_back(cell.text(style.cells));
    cells.push_back(std::move(texts));
  }
  const bool has_caption = !caption.empty() && style.format != TableFormat::Html;
  const std::string head = has_caption ? caption + "\n" : "";
  switch (style.format) {
    case TableFormat::List: return head + list_text(*this, cells, style);
    case TableFormat::Table: return head + table_text(*this, std::move(cells), style);
    case TableFormat::Csv: return head + csv_text(*this, std::move(cells), style);
    case TableFormat::Html: return html_text(*this, cells, style);
    case TableFormat::Json: return "";
  }
  return "";
}

std::string TableSequence::next(const OutputTable& table) {
  const bool is_read_by_people =
      style_.format != TableFormat::Html && style_.format != TableFormat::Json;
  const bool is_apart = is_read_by_people && !std::exchange(is_first_, false);
  return (is_apart ? "\n" : "") + table.text(style_);
}

}  // namespace ovs::ovsdb
